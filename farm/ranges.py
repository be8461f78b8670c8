"""The advanced-range grammar of Qarnot's API, both ways: `1-6,15,20,25-30`."""

import re
from collections.abc import Iterable

LARGEST = 2_147_483_647
"""An instance id is a 32 bit column."""

_PART = re.compile(r"(\d{1,10})(?:\s*-\s*(\d{1,10}))?", re.ASCII)


class RangeError(ValueError):
    """The text is no range, or holds more ids than allowed; the message is a sentence for a person."""


class RangeTooLong(RangeError):
    """The range is well formed and holds more ids than allowed."""


def parse(text: str, longest: int) -> list[int]:
    """The ids in `text`, each once, in rising order.

    `[471-475]` of old samples and spaces are tolerated. No id is made before their number
    is known to be within `longest`: `0-2000000000` costs nothing.
    """
    spans = _joined(_span(part) for part in re.sub(r"[\[\]]", "", text).split(","))
    count = sum(last - first + 1 for first, last in spans)
    if count > longest:
        raise RangeTooLong(f"{count:,} instances are asked for; at most {longest:,} are allowed.")
    return [number for first, last in spans for number in range(first, last + 1)]


def write(numbers: Iterable[int]) -> str:
    """The shortest text of the grammar for these ids; empty for none."""
    spans = _joined((number, number) for number in numbers)
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _span(part: str) -> tuple[int, int]:
    match = _PART.fullmatch(part.strip())
    if not match:
        raise RangeError(f"“{part.strip()[:40]}” is no number and no range. Write for example 1-6,15,20.")
    first = int(match[1])
    last = int(match[2] or first)
    if last < first:
        raise RangeError(f"The range {first}-{last} runs backwards. Write {last}-{first}.")
    if last > LARGEST:
        raise RangeError(f"{last} is too large; {LARGEST} is the largest instance id.")
    return first, last


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Rising spans, with those that touch or overlap made one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
