"""A profile of a farm: one version of one software, and what can be ordered of it, read from GET /profiles/{name}.

Qarnot's own answer names only each constant's name, value and description; the rest is then filled in with what
a form can do without.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs import plain_constants

BLENDER = "blender"
_VERSION = re.compile(r"\d+(\.\d+)*")
_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PWD|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|LICEN[CS]E)_KEY)($|_)", re.I
)


@dataclass(frozen=True)
class Constant:
    """A setting of an order. Its value is always a text; an empty one means "as the scene says"."""

    name: str
    default: str = ""
    description: str = ""
    label: str = ""
    """What a form calls it; empty: artists aren't asked."""
    kind: str = "text"
    """text, number, choice, toggle, secret, scene_file or files."""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label)"""
    least: int | None = None
    most: int | None = None
    unit: str = ""
    fact: str = ""
    """The fact of the scene that fills it in."""
    choices_fact: str = ""
    """The fact of the scene that lists what may be chosen."""
    is_main: bool = False
    note: str = ""
    """What a form says beneath it."""

    @property
    def field_name(self) -> str:
        """What a form calls it when it is posted."""
        return self.name.lower()


@dataclass(frozen=True)
class Profile:
    """One version of one software."""

    name: str
    software: str
    """Its name as people write it: Blender."""
    family: str
    version: str
    line: str
    """4.5 of 4.5.15"""
    constants: tuple[Constant, ...] = ()
    scene_endings: tuple[str, ...] = ()
    scene_constant: str = ""
    """Names the main file."""
    are_instances_frames: bool = True
    makes_pictures: bool = True
    is_available: bool = True
    unavailable_reason: str = ""
    rate: float = 1.0
    """Render hours an hour of it costs."""
    licence: str = ""
    """The name of the licence it needs."""

    @property
    def number(self) -> tuple[int, ...]:
        return line_number(self.line)

    @property
    def title(self) -> str:
        return f"{self.software} {self.version}".strip()

    @property
    def asked(self) -> tuple[Constant, ...]:
        """The constants that a form asks for. Main files and lists of files are given in other ways."""
        return tuple(constant for constant in self.constants if constant.label and constant.kind not in _GIVEN)


_GIVEN = ("scene_file", "files")


def names_a_secret(name: str) -> bool:
    """Of a constant of which nobody says what it is: one called so is neither kept nor shown."""
    return bool(_SECRET.search(name))


def line_number(line: str) -> tuple[int, ...]:
    """`4.5` → (4, 5); anything unreadable sorts first."""
    parts = line.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else (0,)


def read(said: Mapping[str, Any]) -> Profile:
    """A farm's answer; what it leaves out is what its name tells, and what is known of Blender."""
    name = _text(said, "name")
    family, version = family_and_version(name)
    family = _text(said, "family") or family
    is_blender = family == BLENDER
    is_plain = not any("label" in constant for constant in _list(said, "constants"))
    return Profile(
        name=name,
        software=_text(said, "software") or family.replace("-", " ").capitalize(),
        family=family,
        version=_text(said, "version") or version,
        line=_text(said, "line") or version,
        constants=tuple(_constant(one, is_plain) for one in _list(said, "constants")),
        scene_endings=tuple(str(e) for e in said.get("sceneEndings") or ((".blend",) if is_blender else ())),
        scene_constant=_text(said, "sceneConstant") or ("BLEND_FILE" if is_blender else ""),
        are_instances_frames=bool(said.get("areInstancesFrames", is_blender)),
        makes_pictures=bool(said.get("makesPictures", is_blender)),
        is_available=bool(said.get("isAvailable", True)),
        unavailable_reason=_text(said, "unavailableReason"),
        rate=_rate(said),
        licence=next((_text(one, "name") for one in _list(said, "licenses")), ""),
    )


def family_and_version(name: str) -> tuple[str, str]:
    """`blender-4.5` → blender, 4.5; `docker-batch` → docker-batch, nothing."""
    family, _, version = name.rpartition("-")
    return (family, version) if family and _VERSION.fullmatch(version) else (name, "")


def _constant(said: Mapping[str, Any], is_plain: bool) -> Constant:
    name = _text(said, "name")
    if is_plain:
        said = {"note": said.get("description"), **said, **plain_constants.known(name)}
    return Constant(
        name=name,
        default=_text(said, "value"),
        description=_text(said, "description"),
        label=_text(said, "label") or (_words_of(name) if is_plain else ""),
        kind=_text(said, "kind") or "text",
        choices=tuple((_text(one, "value"), _text(one, "label")) for one in _list(said, "choices")),
        least=_whole(said, "least"),
        most=_whole(said, "most"),
        unit=_text(said, "unit"),
        fact=_text(said, "fact"),
        choices_fact=_text(said, "choicesFact"),
        is_main=bool(said.get("isMain")),
        note=_text(said, "note"),
    )


def _words_of(name: str) -> str:
    """`BLEND_CYCLES_SAMPLES` → `Cycles samples`."""
    return " ".join(name.split("_")[1:] or [name]).capitalize()


def _list(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    kept = said.get(name)
    return [one for one in kept if isinstance(one, Mapping)] if isinstance(kept, list) else []


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return str(value)[:2000] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _rate(said: Mapping[str, Any]) -> float:
    value = said.get("rate")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 1.0


def _whole(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
