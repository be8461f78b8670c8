"""Which process is a site's Q.Box: the one that holds the lease of its row; the others stand by."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from farm.models import QBox, Site
from farm.qbox.address import OUT_OF_REACH, is_out_of_reach

BEAT_SECONDS = 5.0
LEASE_SECONDS = 20
"""So long a site's nodes ask one that is gone, before another takes over."""


@dataclass(frozen=True)
class Stock:
    """What a Q.Box holds; named as the fields of farm.models.QBox."""

    capacity_bytes: int
    used_bytes: int
    object_count: int


@dataclass
class Counts:
    """What a Q.Box did since it last told; named as the fields of farm.models.QBox."""

    hit_count: int = 0
    download_count: int = 0
    downloaded_bytes: int = 0
    served_bytes: int = 0


def take(site: Site, holder: str, address: str) -> bool:
    """Whether `holder` has the site's lease from now on. Safe with others who try at once.

    Whom only its own machine reaches gives way to one that all reach; at its next beat it learns that it did. Two of
    its kind leave each other alone: they may be of one machine.
    """
    QBox.objects.get_or_create(site=site)
    is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now()) | Q(holder=holder)
    if not is_out_of_reach(address):
        is_free |= reduce(or_, (Q(address__startswith=beginning) for beginning in OUT_OF_REACH))
    taken = QBox.objects.filter(is_free, site=site).update(holder=holder, address=address, lease_until=_lease_end())
    return bool(taken)


def renew(site: Site, holder: str, stock: Stock, counts: Counts) -> bool:
    """Says what it holds and what it did since the last time. False: another one has taken over; nothing is noted."""
    counted = {name: F(name) + number for name, number in asdict(counts).items()}
    renewed = QBox.objects.filter(site=site, holder=holder).update(lease_until=_lease_end(), **asdict(stock), **counted)
    return bool(renewed)


def let_go(site: Site, holder: str) -> None:
    """The next one need not wait."""
    QBox.objects.filter(site=site, holder=holder).update(lease_until=None)


def live_address(site_id: int) -> str:
    """Of the site's Q.Box, host:port; empty for none."""
    live = QBox.objects.filter(site=site_id, lease_until__gt=Now())
    return live.values_list("address", flat=True).first() or ""


def _lease_end() -> ExpressionWrapper:
    return ExpressionWrapper(Now() + timedelta(seconds=LEASE_SECONDS), output_field=DateTimeField())
