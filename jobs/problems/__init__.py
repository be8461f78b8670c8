"""Every failure an artist can read: what happened, what to do, whose fault.

A problem is kept in rows as {"id": …, arguments…} and put into words only here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.problems.of_add_ons import OF_ADD_ONS
from jobs.problems.of_jobs import OF_JOBS
from jobs.problems.of_scenes import OF_SCENES
from jobs.problems.words import Fault, Problem, Severity, Words

UNKNOWN = Problem(
    "Something went wrong that has no words yet.",
    "Try again; if it happens again, tell the operator what you did.",
    "warns",
    "us",
)
CATALOGUE: dict[str, Problem] = {**OF_SCENES, **OF_JOBS, **OF_ADD_ONS}
"""Worst first within what blocks and within what warns."""
_RANK = {name: place for place, name in enumerate(CATALOGUE)}


@dataclass(frozen=True)
class Explained:
    id: str
    sentence: str
    remedy: str
    severity: Severity
    fault: Fault

    @property
    def blocks(self) -> bool:
        return self.severity == "blocks"


class _Arguments(dict[str, Any]):
    """Arguments of a sentence; one an older row lacks reads as `?` instead of breaking the page."""

    def __missing__(self, name: str) -> str:
        return "?"


def explain(problem: Mapping[str, Any]) -> Explained:
    """A kept problem in words. One nobody knows any more is said as such, never an error."""
    name = str(problem.get("id", "unknown"))
    known = CATALOGUE.get(name, UNKNOWN)
    arguments = _Arguments(problem)
    severity = known.severity(arguments) if callable(known.severity) else known.severity
    return Explained(name, _said(known.sentence, arguments), _said(known.remedy, arguments), severity, known.fault)


def _said(words: Words, arguments: _Arguments) -> str:
    return words(arguments) if callable(words) else words.format_map(arguments)


def worst_first(problems: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What blocks before what warns, else in the order of the catalogue."""

    def badness(problem: Mapping[str, Any]) -> tuple[bool, int]:
        return not explain(problem).blocks, _RANK.get(str(problem.get("id")), len(_RANK))

    return sorted((dict(problem) for problem in problems), key=badness)


def any_blocks(problems: Sequence[Mapping[str, Any]]) -> bool:
    return any(explain(problem).blocks for problem in problems)
