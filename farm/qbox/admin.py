"""A site's Q.Box on the site's page of the admin panel: who keeps it, and what it saved, in words."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from farm.models import QBox

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
    """A sentence: which node keeps it, or that none does."""
    if qbox.lease_until is None or qbox.lease_until < timezone.now():
        return "Nobody at this moment: the site's nodes take every file from the store."
    return f"{qbox.holder.partition(' ')[0]}, at {qbox.address}"


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
