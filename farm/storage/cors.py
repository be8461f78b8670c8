"""Which pages a browser lets send and fetch here: the CORS rules of a bucket, and what they make of a request."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from farm.models import Bucket


@dataclass(frozen=True)
class Rule:
    origins: list[str]
    """With at most one `*` each."""
    methods: list[str]
    headers: list[str] = field(default_factory=list)
    """Of the request, in any case; with at most one `*` each."""
    exposed: list[str] = field(default_factory=list)
    max_age_seconds: int = 0

    def fits(self, origin: str, method: str, headers: Iterable[str]) -> bool:
        return (
            _any_matches(self.origins, origin)
            and method in self.methods
            and all(_any_matches(self.headers, header, re.IGNORECASE) for header in headers)
        )

    def answer(self, origin: str) -> dict[str, str]:
        """Headers of an answer to this origin."""
        allowed = {"access-control-allow-origin": "*" if "*" in self.origins else origin, "vary": "Origin"}
        return allowed | ({"access-control-expose-headers": ", ".join(self.exposed)} if self.exposed else {})

    def preflight(self, origin: str, headers: Sequence[str]) -> dict[str, str]:
        told = self.answer(origin) | {"access-control-allow-methods": ", ".join(self.methods)}
        told |= {"access-control-allow-headers": ", ".join(headers)} if headers else {}
        return told | ({"access-control-max-age": str(self.max_age_seconds)} if self.max_age_seconds else {})


def first_fitting(rules: Iterable[Rule], origin: str, method: str, headers: Iterable[str] = ()) -> Rule | None:
    wanted = list(headers)
    return next((rule for rule in rules if rule.fits(origin, method, wanted)), None)


def rules_of(bucket: Bucket | None) -> list[Rule]:
    return [Rule(**kept) for kept in bucket.cors] if bucket else []


def keep(bucket: Bucket, rules: Iterable[Rule]) -> None:
    kept: list[dict[str, Any]] = [asdict(rule) for rule in rules]
    Bucket.objects.filter(pk=bucket.pk).update(cors=kept)


def _any_matches(patterns: Iterable[str], text: str, flags: int = 0) -> bool:
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, flags) for pattern in patterns)
