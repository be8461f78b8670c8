"""Regular expressions that came with an order: compiled within bounds of time and memory.

`regex` writes a repetition out as often as it must be found, and those inside one another multiply: thirty characters
take gigabytes, before any time limit of a search begins.
"""

import math
import re
from functools import lru_cache

import regex

MOST_CHARACTERS = 10_000
MOST_WRITTEN_OUT = 500_000
"""Characters of an expression times its repetitions: a tenth of a second and a hundred megabytes at the worst."""

_REPETITION = re.compile(r"\{([^{}]*)")
_LEAST = re.compile(r"\d+", re.ASCII)


class BadPattern(ValueError):
    """The text says what is wrong with the expression: "is no regular expression: …"."""


@lru_cache(maxsize=64)
def compiled(pattern: str) -> "regex.Pattern[str]":
    """Raises BadPattern."""
    if len(pattern) > MOST_CHARACTERS or len(pattern) * _repetitions(pattern) > MOST_WRITTEN_OUT:
        raise BadPattern("is too long, or repeats too much: make its {numbers} smaller")
    try:
        return regex.compile(pattern)
    except (regex.error, ValueError, OverflowError, RecursionError, MemoryError) as fault:
        raise BadPattern(f"is no regular expression: {fault}") from fault


def _repetitions(pattern: str) -> float:
    """At most so often is any part of it written out: as if all its repetitions were inside one another."""
    return math.prod(_least(inside) for inside in _REPETITION.findall(pattern))


def _least(inside: str) -> float:
    """Of `{inside}`. A verbose expression may have spaces and comments there; who needs a comment there?"""
    if "#" in inside:
        return math.inf
    number = _LEAST.match("".join(inside.split()))
    return max(1.0, float(number[0][:20])) if number else 1.0
