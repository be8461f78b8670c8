"""A site's Q.Box on the site's page of the admin panel: who keeps it, and what it saved, in words."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from farm import wakes
from farm.models import QBox
from farm.qbox.address import ADVICE, is_out_of_reach

_GIGABYTE, _MEGABYTE = 1_000_000_000, 1_000_000


class QBoxInline(admin.StackedInline):
    model = QBox
    can_delete = False
    extra = 0
    fields = ("keeper", "figures")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The first node of a site makes it."""
        return False

    @admin.display(description="kept by")
    def keeper(self, qbox: QBox) -> str:
        return keeper_of(qbox)

    @admin.display(description="so far")
    def figures(self, qbox: QBox) -> str:
        return figures_of(qbox)


def keeper_of(qbox: QBox) -> str:
    """A sentence: which node keeps it, or that none does; and what to do where others may not reach it."""
    if qbox.lease_until is None or qbox.lease_until < timezone.now():
        return "Nobody at this moment: the site's nodes take every file from the store."
    name = qbox.holder.partition(" ")[0]
    kept = f"{name}, at {qbox.address}"
    if is_out_of_reach(qbox.address) and wakes.awake_nodes().filter(site=qbox.site_id).exclude(name=name).exists():
        return f"{kept}, where nodes on other machines than its own don't reach it. If there are any: {ADVICE}"
    return kept


def figures_of(qbox: QBox) -> str:
    """Two sentences: what it holds, and what it saved."""
    objects = "1 object" if qbox.object_count == 1 else f"{qbox.object_count:,} objects"
    asked = qbox.hit_count + qbox.download_count
    return (
        f"Holds {objects}: {_size(qbox.used_bytes)} of the {_size(qbox.capacity_bytes)} it may. "
        f"Asked {asked:,} {'time' if asked == 1 else 'times'}: {qbox.hit_count:,} answered from the cache, "
        f"{qbox.download_count:,} downloaded from the store ({_size(qbox.downloaded_bytes)})."
    )


def _size(size: float) -> str:
    """3.1 GB, 20 GB, 4.2 MB: two digits that say something."""
    number, unit = (size / _GIGABYTE, "GB") if size >= _GIGABYTE / 10 else (size / _MEGABYTE, "MB")
    return f"{number:,.0f} {unit}" if number >= 10 or not number else f"{number:.2g} {unit}"
