"""The fields of a JSON object that orders something: every fault is noted, none ends the reading."""

import math
import re
from typing import Any
from uuid import UUID

from farm import patterns, timespans

LONGEST_SECONDS = 10 * 365 * 86_400

_SHORTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,253}[A-Za-z0-9])?")
_REFERENCE = re.compile(r"\$\{[^}]*\}")


class InvalidFile(Exception):
    """`faults`: the field, or what of it is wrong, and a sentence. The text is what the API answers."""

    def __init__(self, kind: str, faults: dict[str, str]) -> None:
        super().__init__(f"Invalid {kind} file. Invalid fields: {', '.join(faults)}. {' '.join(faults.values())}")
        self.faults = faults


class Fields:
    """A faulty field reads as empty until the faults are raised. `given` has the API's own spelling of the keys."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.faults: dict[str, str] = {}

    def raise_faults(self, kind: str) -> None:
        if self.faults:
            raise InvalidFile(kind, self.faults)

    def text(self, key: str, longest: int, *, needed: bool = False) -> str:
        value = self.given.get(key)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
            self.faults[key] = f"The {key} is a text of {'1' if needed else '0'} to {longest:,} characters."
            return ""
        return value

    def shortname(self) -> str:
        value = self.text("shortname", 255)
        if value and not _SHORTNAME.fullmatch(value):
            self.faults["shortname"] = (
                "A shortname has letters, digits and dashes, and begins and ends with a letter or digit."
            )
        return value

    def listed(self, key: str, most: int) -> list[Any]:
        value = self.given.get(key) or []
        if not isinstance(value, list) or len(value) > most:
            self.faults[key] = f"{key} is a list of at most {most}."
            return []
        return value

    def tags(self) -> list[str]:
        tags = self.listed("tags", most=10)
        if any(not isinstance(tag, str) or not 0 < len(tag) < 512 for tag in tags):
            self.faults["tags"] = "A tag is a text of 1 to 511 characters."
            return []
        return list(dict.fromkeys(tags))

    def pattern(self, key: str) -> str:
        """A regular expression, which may hold `${CONSTANT}`."""
        value = self.text(key, 2047)
        try:
            patterns.compiled(_REFERENCE.sub("x", value))
        except patterns.BadPattern as fault:
            self.faults[key] = f"{key} {fault}."
        return value

    def seconds(self, key: str) -> float:
        """The seconds of a `[d.]hh:mm:ss[.fffffff]`; 0 where there is none."""
        value = self.given.get(key)
        if value is None or value == "":
            return 0.0
        try:
            seconds = timespans.seconds(str(value))
            if seconds > LONGEST_SECONDS:
                raise ValueError(value)
        except ValueError:
            self.faults[key] = (
                f"{key} is a time like 01:30:00 or 2.12:00:00 (days.hours:minutes:seconds), of ten years at most."
            )
            return 0.0
        return seconds

    def whole_number(self, key: str, most: int) -> int:
        """0 where there is none."""
        value = self.given.get(key)
        if value is None:
            return 0
        if isinstance(value, float) and math.isfinite(value) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.faults[key] = f"{key} is a whole number from 0 to {most:,}."
            return 0
        return value

    def reference(self, key: str) -> UUID | None:
        """The uuid of something else; SDKs send zeros for none."""
        if not asks_for_something(self.given.get(key)):
            return None
        try:
            return UUID(str(self.given[key]))
        except ValueError:
            self.faults[key] = f"{key} is no uuid."
            return None

    def object(self, key: str) -> dict[str, Any]:
        value = self.given.get(key) or {}
        if not isinstance(value, dict):
            self.faults[key] = f"{key} is an object."
            return {}
        return value

    def refuse(self, sentences: dict[str, str]) -> None:
        """What isn't offered is refused when it asks for something: better than an order carried out otherwise."""
        for key, sentence in sentences.items():
            if asks_for_something(self.given.get(key)):
                self.faults[key] = f"{sentence} Leave {key} out."


def asks_for_something(value: Any) -> bool:
    """Whether anything is set in it: SDKs send empty objects, zero ids and nulls for what nobody asked."""
    if isinstance(value, dict):
        return any(asks_for_something(inner) for inner in value.values())
    if isinstance(value, list):
        return bool(value)
    return bool(value) and str(value).strip("0-") != ""
