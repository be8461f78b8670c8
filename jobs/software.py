"""What the account's farm renders with: its profiles, as GET /profiles and /profiles/{name} describe them.

Order forms are made from this, whatever the software. Qarnot's own answer names only each constant's name,
value and description; the rest is then filled in with what a form can do without.
"""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs import farms

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

FRESH_SECONDS = 60.0
ASKED_AGAIN_AFTER_SECONDS = 10.0
"""Of a farm that did not answer."""
MOST_ACCOUNTS = 200
"""Kept in this process."""
BLENDER = "blender"
_VERSION = re.compile(r"\d+(\.\d+)*")


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
    is_output_format: bool = False
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

    def constant(self, name: str) -> Constant | None:
        return next((constant for constant in self.constants if constant.name == name), None)


_GIVEN = ("scene_file", "files")


def line_number(line: str) -> tuple[int, ...]:
    """`4.5` → (4, 5); anything unreadable sorts first."""
    parts = line.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else (0,)


def on_offer(account: "Account") -> tuple[Profile, ...]:
    """Every profile of the account's farm, the oldest version of a family first; none where it never answered."""
    kept = _kept_for(account.pk)
    if kept.is_due() and kept.asking.acquire(blocking=not kept.profiles):
        try:
            if kept.is_due():
                _ask(account, kept)
        finally:
            kept.asking.release()
    return kept.profiles


def _ask(account: "Account", kept: "_Kept") -> None:
    try:
        farm = farms.of(account)
        said = [read(farm.profile(name)) for name in farm.profile_names()]
    except (farms.FarmDown, farms.FarmRefused, farms.TaskGone) as trouble:
        logger.warning("the farm of %s does not say what it offers: %s", account.pk, trouble)
        kept.is_stale = True
    else:
        kept.profiles = tuple(
            sorted(said, key=lambda profile: (profile.family != BLENDER, profile.family, profile.number))
        )
        kept.is_stale = False
    kept.asked_at = time.monotonic()


def find(account: "Account", name: str) -> Profile | None:
    return next((profile for profile in on_offer(account) if profile.name == name), None)


def versions(account: "Account", family: str) -> tuple[Profile, ...]:
    """Oldest first."""
    return tuple(profile for profile in on_offer(account) if profile.family == family)


def proposed(account: "Account", family: str, line: str) -> Profile | None:
    """The file's own line, else the next newer one that is to be had, else the newest.

    A newer release opens an older file; the other way loses data.
    """
    members = versions(account, family)
    available = [profile for profile in members if profile.is_available] or members
    newer = [profile for profile in available if profile.number >= line_number(line)]
    return newer[0] if newer else (available[-1] if available else None)


def family_of(account: "Account", path: str) -> str:
    """Whose main file this is, by its ending; empty for a file that is nobody's."""
    lowered = path.lower()
    if lowered.endswith(".blend"):
        return BLENDER
    offered = on_offer(account)
    return next((p.family for p in offered if any(lowered.endswith(e.lower()) for e in p.scene_endings)), "")


def makes_pictures(account: "Account", name: str) -> bool:
    """Of a profile as a script may name it. One that nobody knows is taken to give back files of any kind."""
    family = _family_and_version(name)[0]
    offered = on_offer(account)
    known = next((p for p in offered if p.name == name), None) or next((p for p in offered if p.family == family), None)
    return known.makes_pictures if known else family == BLENDER


def endings(account: "Account") -> list[str]:
    """Of all main files: .blend first."""
    offered = [ending for profile in on_offer(account) for ending in profile.scene_endings]
    return list(dict.fromkeys([".blend", *offered]))


def endings_in_words(account: "Account") -> str:
    """`.blend, .cfg or .pov`"""
    *others, last = endings(account)
    return f"{', '.join(others)} or {last}" if others else last


def droppable(account: "Account") -> list[tuple[str, str]]:
    """(software, its endings in words) of everything that opens a scene."""
    found: dict[str, list[str]] = {"Blender": [".blend"]}
    for profile in on_offer(account):
        known = found.setdefault(profile.software, []) if profile.scene_endings else []
        known.extend(ending for ending in profile.scene_endings if ending not in known)
    return [(name, " or ".join(endings)) for name, endings in found.items()]


def title_of(account: "Account", family: str) -> str:
    """As people write its name."""
    members = versions(account, family)
    return members[-1].software if members else family.capitalize()


def read(said: Mapping[str, Any]) -> Profile:
    """A farm's answer; what it leaves out is what its name tells, and what is known of Blender."""
    name = _text(said, "name")
    family, version = _family_and_version(name)
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
    )


def _family_and_version(name: str) -> tuple[str, str]:
    """`blender-4.5` → blender, 4.5; `docker-batch` → docker-batch, nothing."""
    family, _, version = name.rpartition("-")
    return (family, version) if family and _VERSION.fullmatch(version) else (name, "")


def _constant(said: Mapping[str, Any], is_plain: bool) -> Constant:
    name = _text(said, "name")
    return Constant(
        name=name,
        default=_text(said, "value"),
        description=_text(said, "description"),
        label=_words_of(name) if is_plain else _text(said, "label"),
        kind=_text(said, "kind") or ("scene_file" if name == "BLEND_FILE" else "text"),
        choices=tuple((_text(one, "value"), _text(one, "label")) for one in _list(said, "choices")),
        least=_whole(said, "least"),
        most=_whole(said, "most"),
        unit=_text(said, "unit"),
        fact=_text(said, "fact"),
        choices_fact=_text(said, "choicesFact"),
        is_main=bool(said.get("isMain")),
        is_output_format=bool(said.get("isOutputFormat")),
        note=_text(said, "description") if is_plain else _text(said, "note"),
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


def _whole(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass
class _Kept:
    """The last answer outlives the farm's silence."""

    profiles: tuple[Profile, ...] = ()
    asked_at: float | None = None
    is_stale: bool = True
    asking: threading.Lock = field(default_factory=threading.Lock)
    """Who has an old answer does not wait for the new one."""

    def is_due(self) -> bool:
        if self.asked_at is None:
            return True
        return time.monotonic() - self.asked_at > (ASKED_AGAIN_AFTER_SECONDS if self.is_stale else FRESH_SECONDS)


_kept: OrderedDict[int, _Kept] = OrderedDict()
_keeping = threading.Lock()


def _kept_for(account_id: int) -> _Kept:
    with _keeping:
        kept = _kept.setdefault(account_id, _Kept())
        _kept.move_to_end(account_id)
        while len(_kept) > MOST_ACCOUNTS:
            _kept.popitem(last=False)
        return kept
