"""What each of the account's farms offers: its profiles, asked for once a minute, and which of them a scene needs.

What a scene is, by its ending, is for the studio's farm to say. Of Qarnot's many profiles only Blender's are looked at:
they are the ones whose scene is known to be named by a constant.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs import farms, qarnot_access
from jobs.enums import Where
from jobs.profiles import BLENDER, Profile, family_and_version, line_number, read

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

FRESH_SECONDS = 60.0
ASKED_AGAIN_AFTER_SECONDS = 10.0
"""Of a farm that did not answer."""
LONGEST_ASKING_SECONDS = 30.0
MOST_ACCOUNTS = 200
"""Kept in this process."""


def on_offer(account: "Account", where: Where = Where.STUDIO) -> tuple[Profile, ...]:
    """Every profile of that farm, the oldest version of a family first; none where it never answered."""
    kept = _kept_for(account.pk, where)
    if kept.is_due() and kept.asking.acquire(blocking=not kept.profiles):
        try:
            if kept.is_due():
                _ask(account, where, kept)
        finally:
            kept.asking.release()
    return kept.profiles


def _ask(account: "Account", where: Where, kept: "_Kept") -> None:
    try:
        farm = farms.of(account, where)
        said = list(_told(farm, where))
    except (farms.FarmDown, farms.FarmRefused, farms.TaskGone) as trouble:
        if isinstance(trouble, farms.TokenRefused):
            qarnot_access.note_refused(account)
        logger.warning("%s does not say what it offers %s: %s", where.label, account.pk, trouble)
        kept.is_stale = True
    else:
        kept.profiles = tuple(
            sorted(said, key=lambda profile: (profile.family != BLENDER, profile.family, profile.number))
        )
        kept.is_stale = False
    kept.asked_at = time.monotonic()


def _told(farm: farms.Farm, where: Where) -> Iterator[Profile]:
    """A page may wait for it: a farm that takes its time with each is taken for silent."""
    until = time.monotonic() + LONGEST_ASKING_SECONDS
    for name in farm.profile_names():
        if time.monotonic() > until:
            raise farms.FarmDown(f"it took more than {LONGEST_ASKING_SECONDS:g} s to say what it offers")
        if _is_looked_at(name, where):
            yield read(farm.profile(name))


def _is_looked_at(name: str, where: Where) -> bool:
    return where == Where.STUDIO or family_and_version(name)[0] == BLENDER


def find(account: "Account", name: str, where: Where = Where.STUDIO) -> Profile | None:
    return next((profile for profile in on_offer(account, where) if profile.name == name), None)


def versions(account: "Account", family: str, where: Where = Where.STUDIO) -> tuple[Profile, ...]:
    """Oldest first."""
    return tuple(profile for profile in on_offer(account, where) if profile.family == family)


def proposed(account: "Account", family: str, line: str, where: Where = Where.STUDIO) -> Profile | None:
    """The file's own line, else the next newer one that is to be had, else one without a number, else the newest.

    A newer release opens an older file; the other way loses data. What has no number is what its farm takes for
    the current one.
    """
    members = versions(account, family, where)
    available = [profile for profile in members if profile.is_available] or members
    newer = [profile for profile in available if profile.line and profile.number >= line_number(line)]
    unnumbered = [profile for profile in available if not profile.line]
    return next(iter([*newer, *unnumbered, *reversed(available)]), None)


def family_of(account: "Account", path: str) -> str:
    """Whose main file this is, by its ending; empty for a file that is nobody's."""
    lowered = path.lower()
    if lowered.endswith(".blend"):
        return BLENDER
    offered = on_offer(account)
    return next((p.family for p in offered if any(lowered.endswith(e.lower()) for e in p.scene_endings)), "")


def makes_pictures(account: "Account", name: str, where: Where = Where.STUDIO) -> bool:
    """Of a profile as a script may name it. One that nobody knows is taken to give back files of any kind."""
    family = family_and_version(name)[0]
    offered = on_offer(account, where)
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


_kept: OrderedDict[tuple[int, Where], _Kept] = OrderedDict()
_keeping = threading.Lock()


def _kept_for(account_id: int, where: Where) -> _Kept:
    with _keeping:
        kept = _kept.setdefault((account_id, where), _Kept())
        _kept.move_to_end((account_id, where))
        while len(_kept) > MOST_ACCOUNTS:
            _kept.popitem(last=False)
        return kept
