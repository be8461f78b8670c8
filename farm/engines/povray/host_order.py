"""Turns an order into POV-Ray's command line. What stands last on it wins over the scene's own .ini."""

from dataclasses import replace

import host_job
from host_speaking import Fault

ENDINGS = (".pov", ".ini")
FORMATS = {"PNG": ("+FN", ".png"), "EXR": ("+FE", ".exr"), "JPEG": ("+FJ95", ".jpg")}
_ANTIALIASING = {"": [], "OFF": ["-A"], "ON": ["+AM1", "+A0.3", "+R3"], "FINE": ["+AM2", "+A0.1", "+R4"]}
_HIGHEST_QUALITY = 11
_UNATTENDED = ["-D", "-P", "-C", "+V"]
"""No window, no waiting for a key, no going on with an older picture; progress is shown."""


def command(constants, frame, pov, settings, place):
    """`settings` as `with_order` gives them. Raises Fault."""
    switch, ending = FORMATS[host_job.chosen(constants, "POVRAY_FORMAT", FORMATS, "PNG")]
    words = [place.program, *place.settings, _quoted("+I", pov)]
    words += [_quoted("+L", folder) for folder in place.libraries]
    words += [f"+W{settings.width}", f"+H{settings.height}", switch]
    words.append(_quoted("+O", f"{place.writing}/picture{ending}"))
    words += _ANTIALIASING[host_job.chosen(constants, "POVRAY_ANTIALIAS", _ANTIALIASING, "")]
    quality = host_job.number(constants, "POVRAY_QUALITY", least=0, most=_HIGHEST_QUALITY)
    words += [] if quality is None else [f"+Q{quality}"]
    return [*words, *_time(settings, frame), *_UNATTENDED, f"+WT{place.threads}"]


def _quoted(switch, path):
    """POV-Ray would end an unquoted path at its first blank."""
    return f'{switch}"{path}"'


def with_order(settings, constants):
    """The scene's settings, with the order's own where it has some. Raises Fault."""
    width, height = host_job.number(constants, "POVRAY_W"), host_job.number(constants, "POVRAY_H")
    first = host_job.number(constants, "POVRAY_INITIAL_FRAME", least=0, most=999_999)
    last = host_job.number(constants, "POVRAY_FINAL_FRAME", least=0, most=999_999)
    changed = replace(
        settings,
        width=width or settings.width,
        height=height or settings.height,
        initial_frame=settings.initial_frame if first is None else first,
        final_frame=settings.final_frame if last is None else last,
        initial_clock=_clock(constants, "POVRAY_INITIAL_CLOCK", settings.initial_clock),
        final_clock=_clock(constants, "POVRAY_FINAL_CLOCK", settings.final_clock),
    )
    cyclic = host_job.chosen(constants, "POVRAY_CYCLIC", ("", "0", "1", "FALSE", "TRUE"), "")
    if cyclic:
        changed.is_cyclic = cyclic in ("1", "TRUE")
    return changed


def _clock(constants, name, otherwise):
    text = constants.get(name, "").strip()
    if not text:
        return otherwise
    try:
        return float(text)
    except ValueError:
        raise Fault("CONSTANT_UNREADABLE", f"{name} has to be a number like 0 or 1.5, not “{text}”.") from None


def _time(settings, frame):
    """A still has no frames: POV-Ray's clock stands at 0."""
    if not settings.is_animation:
        return ["-KC", "+KFI1", "+KFF1"]
    first, last = settings.frames
    begin = 0.0 if settings.initial_clock is None else settings.initial_clock
    end = 1.0 if settings.final_clock is None else settings.final_clock
    words = [f"+KFI{first}", f"+KFF{last}", f"+KI{begin:.9g}", f"+KF{end:.9g}", f"+SF{frame}", f"+EF{frame}"]
    return [*words, "+KC" if settings.is_cyclic else "-KC"]
