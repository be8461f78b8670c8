"""How far a command says it is, found in what it prints by the order's regular expressions."""

import contextlib
from collections.abc import Mapping

import regex

from farm import patterns
from farm.engines.docker_batch.faults import Fault

CONSTANTS = ("DOCKER_PROGRESS1", "DOCKER_PROGRESS2", "DOCKER_PROGRESS3")
_SEARCH_SECONDS = 0.2
"""An order's regular expression may be one that never ends."""


class ProgressFinder:
    def __init__(self, constants: Mapping[str, str]) -> None:
        """Raises Fault."""
        self._patterns = [_compiled(name, constants[name]) for name in CONSTANTS if constants.get(name)]

    def percent(self, line: str) -> float | None:
        """From the first expression that finds something. Group 1 is a percentage or "N/M", or groups 1 and 2 are N, M.

        An expression that takes too long on a line is not asked again.
        """
        for pattern in list(self._patterns):
            try:
                found = pattern.search(line, timeout=_SEARCH_SECONDS)
            except TimeoutError:
                self._patterns.remove(pattern)
                continue
            if found:
                return _percent([group or "" for group in found.groups()] or [found[0]])
        return None


def _compiled(name: str, expression: str) -> "regex.Pattern[str]":
    try:
        return patterns.compiled(expression)
    except patterns.BadPattern as fault:
        raise Fault("CONSTANT_UNREADABLE", f"{name} {fault}.") from fault


def _percent(groups: list[str]) -> float | None:
    done, _, whole = groups[0].partition("/")
    whole = whole or (groups[1] if len(groups) > 1 else "")
    with contextlib.suppress(ValueError, ZeroDivisionError):
        part = float(done.strip().removesuffix("%"))
        percent = part / float(whole) * 100 if whole else part
        return max(0.0, min(100.0, percent)) if percent == percent else None
    return None
