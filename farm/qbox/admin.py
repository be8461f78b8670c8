"""A site's Q.Box on the site's page of the admin panel: who keeps it, and what it saved, in words."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from farm.models import QBox

_GIGABYTE = 1_000_000_000


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
    """12 objects, 3.1 of 20 GB, 240 asked, 12 downloaded (3.1 GB), 228 from the cache."""
    used, capacity = _gigabytes(qbox.used_bytes), _gigabytes(qbox.capacity_bytes)
    objects = "1 object" if qbox.object_count == 1 else f"{qbox.object_count:,} objects"
    return (
        f"{objects}, {used} of {capacity} GB, {qbox.hit_count + qbox.download_count:,} asked, "
        f"{qbox.download_count:,} downloaded ({_gigabytes(qbox.downloaded_bytes)} GB), "
        f"{qbox.hit_count:,} from the cache"
    )


def _gigabytes(size: int) -> str:
    """3.1, 20, 0.004: two digits that say something."""
    number = size / _GIGABYTE
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
