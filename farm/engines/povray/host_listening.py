"""Understands what POV-Ray prints while it renders: progress, the artist's log, and why it failed."""

import re
import signal

from host_speaking import Fault

_RENDERED = re.compile(r"Rendered (\d+) of (\d+) pixels")
_BANNER_BEGINS, _BANNER_ENDS = "Persistence of Vision(tm)", "Parser Options"
_OF_NO_USE = (
    "povray: cannot open the system configuration file",
    "povray: cannot open an INI file, adding default library path",
)
_MISSING = re.compile(r"Cannot find file '([^']*)'")
_FONT, _INCLUDE = "Cannot open font file", "Cannot open include file"
_LONGEST_PIECE = 16_384
_LAST_MESSAGES = 12


class Listener:
    """Is fed the bytes of POV-Ray's messages. Long ones are broken into lines of 80 columns: they are joined again."""

    def __init__(self, speaker, is_first):
        self._speaker = speaker
        self._is_banner = False
        self._shows_banner = is_first
        self._rest = b""
        self._percent = -1
        self._messages = []
        self.is_rendering = False

    def feed(self, data):
        *pieces, self._rest = re.split(rb"[\r\n]", self._rest + data)
        if len(self._rest) > _LONGEST_PIECE:
            pieces, self._rest = [*pieces, self._rest], b""
        for piece in pieces:
            self._take(piece.decode("utf-8", "replace").rstrip())

    def _take(self, line):
        rendered = _RENDERED.match(line)
        if rendered:
            self._progress(int(rendered[1]), int(rendered[2]))
            return
        if line.startswith(_BANNER_BEGINS):
            self._is_banner = True
        elif line.startswith(_BANNER_ENDS):
            self._is_banner = False
        if not line or line.startswith(_OF_NO_USE) or (self._is_banner and not self._shows_banner):
            return
        if "[Rendering...]" in line and not self.is_rendering:
            self.is_rendering = True
            self._speaker.event("loaded", engine="POV-Ray")
        self._remember(line)
        self._speaker.say(line)

    def _progress(self, done, pixels):
        percent = min(100, 100 * done // max(1, pixels))
        if percent > self._percent:
            self._percent = percent
            self._speaker.event("progress", percent=percent, note=f"{done} of {pixels} pixels")

    def _remember(self, line):
        if line.startswith(" ") and self._messages:
            self._messages[-1] += line
        else:
            self._messages = [*self._messages[-_LAST_MESSAGES:], line]

    def fault(self, exit_code):
        """The Fault for a POV-Ray that gave up. It names the line of the scene, where POV-Ray does."""
        if exit_code < 0:
            return Fault(
                "CRASHED", f"POV-Ray crashed on this frame ({signal.Signals(-exit_code).name}); the log says more."
            )
        said = "\n".join(self._messages)
        missing = _MISSING.findall(said)
        if missing:
            kind = "font" if _FONT in said else "include file" if _INCLUDE in said else "file"
            where = _place(next(line for line in self._messages if _MISSING.search(line)))
            sentence = f"The scene needs the {kind} “{missing[-1]}”{where}, which is not among the uploaded files."
            return Fault("FILE_MISSING", f"{sentence} Add it beside the scene and render again.")
        errors = [line for line in self._messages if "Parse Error: " in line and "Possible Parse" not in line]
        if errors:
            what = errors[-1].split("Parse Error: ", 1)[1].strip().rstrip(".")
            place = _place(errors[-1])
            return Fault("SCENE_UNREADABLE", f"POV-Ray can't read the scene{place}: {what}. Correct it there.")
        if any("not enough memory" in line.lower() or "bad_alloc" in line for line in self._messages):
            return Fault("OUT_OF_MEMORY", "The scene needs more memory than this machine has: use a smaller picture.")
        reasons = [line.strip() for line in self._messages if not line.startswith("Render failed")]
        reason = reasons[-1] if reasons else "it gave no reason"
        return Fault("RENDER_FAILED", f"POV-Ray ended with exit code {exit_code}: {reason}")


def _place(message):
    """in line 7 of “scene.pov”"""
    found = re.match(r"File '([^']*)' line (\d+)", message)
    return f" (line {found[2]} of “{found[1]}”)" if found else ""
