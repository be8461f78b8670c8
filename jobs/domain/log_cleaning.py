"""A farm's text made safe to keep and to show: hostile scenes put their names into it."""

import re

LONGEST_LINE = 4096
"""Characters."""

_ESCAPES = re.compile(
    "\x1b\\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\\\)?"  # OSC: titles, links
    "|\x1b[PX^_][^\x1b\n]{0,4096}(?:\x1b\\\\)?"  # DCS and its kin
    "|[\x1b][\\[][0-?]{0,64}[ -/]{0,8}[@-~]?"  # CSI: colours, cursor
    "|\x9b[0-?]{0,64}[ -/]{0,8}[@-~]?"
    "|\x1b[ -/]{0,8}[0-~]?"
)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def clean(line: str) -> str:
    """One line of plain text: no control, no escape, nothing invisible, of bounded length."""
    cut = line if len(line) <= LONGEST_LINE * 2 else line[: LONGEST_LINE * 2]
    cut = _UNSEEN.sub("", _ESCAPES.sub("", cut.rsplit("\r", 1)[-1] if "\r" in cut.rstrip("\r") else cut))
    if len(cut) > LONGEST_LINE or len(line) > LONGEST_LINE * 2:
        return f"{cut[:LONGEST_LINE]} … (line cut)"
    return cut
