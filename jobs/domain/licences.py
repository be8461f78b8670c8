"""Licences that the farm's software needs: whose one an order takes, and the account's own, which the farm keeps."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime

from jobs import farms
from jobs.profiles import Profile

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

ON_DEMAND, OWN = "onDemand", "own"
LONGEST = 10_000
"""Characters of what is brought."""


@dataclass(frozen=True)
class Way:
    """One way of bringing one's own: `kind` is server or key, `secret` the name under which the farm keeps it."""

    kind: str
    secret: str
    kept_since: datetime | None


@dataclass(frozen=True)
class Licence:
    name: str
    title: str
    extra_rate: float
    """Render hours that an hour with a seat of the farm costs more."""
    seats: int
    seats_free: int
    is_own_brought: bool
    ways: tuple[Way, ...]

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """(what the farm calls it, words) of what can be ordered now; one's own first, because it is proposed."""
        own = ((OWN, f"Your own {self.title} licence: no extra cost."),) if self.is_own_brought else ()
        farms_own = (
            ((ON_DEMAND, f"The farm's licence: {self.extra_cost}. {self.seats_in_words}"),) if self.seats else ()
        )
        return own + farms_own

    @property
    def extra_cost(self) -> str:
        if not self.extra_rate:
            return "no extra cost"
        return f"{self.extra_rate:g} render hour{'' if self.extra_rate == 1 else 's'} an hour more"

    @property
    def seats_in_words(self) -> str:
        if not self.seats_free:
            return f"{'The one seat is' if self.seats == 1 else f'All {self.seats} seats are'} in use now: frames wait."
        if self.seats == 1:
            return "One seat, free now."
        return f"{self.seats} seats, {self.seats_free} free now."


class LicenceRefused(Exception):
    """The sentence says why it is not kept."""


def every(account: "Account") -> list[Licence]:
    """As the farm tells them now. Raises farms.FarmDown, farms.FarmRefused."""
    return [_read(said) for said in farms.of(account).licences()]


def needed(account: "Account", profile: Profile) -> Licence | None:
    """The one that the profile needs, as the farm tells it now; None where it needs none or the farm is silent."""
    if not profile.licence:
        return None
    try:
        return next((licence for licence in every(account) if licence.name == profile.licence), None)
    except (farms.FarmDown, farms.FarmRefused) as trouble:
        logger.warning("the farm of %s does not tell its licences: %s", account.pk, trouble)
        return None


def keep(account: "Account", name: str, kind: str, value: str) -> Licence:
    """The account's own. Raises LicenceRefused, farms.FarmDown."""
    licence, way = _way(account, name, kind)
    value = value.strip()
    if not 0 < len(value) <= LONGEST or "\x00" in value:
        raise LicenceRefused(f"Enter the {'address of your licence server' if kind == 'server' else 'key'} first.")
    try:
        farms.of(account).keep_secret(way.secret, value)
    except farms.FarmRefused as refused:
        raise LicenceRefused(str(refused)) from refused
    return licence


def remove(account: "Account", name: str, kind: str) -> Licence:
    """What was brought, from the farm. Raises LicenceRefused, farms.FarmDown."""
    licence, way = _way(account, name, kind)
    farms.of(account).remove_secret(way.secret)
    return licence


def _way(account: "Account", name: str, kind: str) -> tuple[Licence, Way]:
    """The farm names its secrets; nobody's form does. Raises LicenceRefused, farms.FarmDown."""
    for licence in every(account):
        for way in licence.ways:
            if (licence.name, way.kind) == (name, kind):
                return licence, way
    raise LicenceRefused("The farm does not take this licence any more.")


def _read(said: Mapping[str, Any]) -> Licence:
    ways = said.get("own") or []
    return Licence(
        name=str(said.get("name", "")),
        title=str(said.get("title") or said.get("name", "")),
        extra_rate=float(said.get("extraRate") or 0),
        seats=int(said.get("seats") or 0),
        seats_free=int(said.get("seatsFree") or 0),
        is_own_brought=bool(said.get("isOwnBrought")),
        ways=tuple(
            Way(str(one["kind"]), str(one["secret"]), parse_datetime(one["keptSince"]) if one["keptSince"] else None)
            for one in ways
        ),
    )
