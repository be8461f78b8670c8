"""From what a farm gives of a task's output to whole, clean lines, each once: the pure part of reading logs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.domain.log_cleaning import clean

LINES_A_CHUNK = 200
TAIL = 400
"""Characters kept of what was folded in last, to find the place again in a buffer that rotates."""
NO_INSTANCE = 0
GONE = "… the farm no longer had some lines that were printed here"

_PREFIX = re.compile(r" ?(\d{1,9})> ?")


@dataclass(frozen=True)
class News:
    """What is new in one stream: whole lines, and where the next reading begins."""

    text: str
    next_offset: int
    tail: str
    has_gap: bool = False


@dataclass(frozen=True)
class Chunk:
    instance_id: int
    lines: Sequence[str]


def news(text: str, start: int | None, offset: int, tail: str, *, is_last: bool) -> News:
    """The lines behind `offset`, where everything before it was folded in already.

    `start`: the farm's word for where `text` begins; None where `text` is its whole buffer, which may have
    lost its beginning. A line that is not whole yet is left for the next reading, unless `is_last`.
    """
    if start is not None:
        behind, at, has_gap = text[max(0, offset - start) :], max(start, offset), start > offset
    else:
        at, has_gap = _place(text, offset, tail)
        behind = text[at:]
    whole = len(behind) if is_last else behind.rfind("\n") + 1
    taken = behind[:whole]
    return News(taken, at + whole, (tail + taken)[-TAIL:], has_gap and bool(taken))


def _place(buffer: str, offset: int, tail: str) -> tuple[int, bool]:
    """Where what is new begins in a whole buffer, and whether something was lost before it."""
    if not tail:
        return 0, False
    if buffer[max(0, offset - len(tail)) : offset] == tail:
        return offset, False
    found = buffer.rfind(tail)
    if found >= 0:
        return found + len(tail), False
    return 0, bool(buffer)


def chunks(text: str, *, has_gap: bool = False) -> list[Chunk]:
    """Clean lines in runs of one instance. Within a reading each instance's lines stand together."""
    by_instance: dict[int, list[str]] = {}
    instance = NO_INSTANCE
    for line in text.removesuffix("\n").split("\n") if text else []:
        prefix = _PREFIX.match(line)
        if prefix:
            instance, line = int(prefix[1]), line[prefix.end() :]
        lines = by_instance.setdefault(instance, [GONE] if has_gap and not by_instance else [])
        lines.append(clean(line))
    return [
        Chunk(instance_id, lines[first : first + LINES_A_CHUNK])
        for instance_id, lines in by_instance.items()
        for first in range(0, len(lines), LINES_A_CHUNK)
    ]
