"""One poller an account at a time, by a lease in the database: it asks the farm for some seconds, then hands over."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from jobs import farms
from jobs.domain import discovery, farm_silence, sync
from jobs.models import FarmPoller, Job

if TYPE_CHECKING:
    from accounts.models import Account

LEASE = timedelta(seconds=40)
"""Longer than a turn and one call of the farm that runs into its time limit."""
TURN_SECONDS = 10.0
_long_turns = threading.BoundedSemaphore(4)
"""Of a worker's threads, so many stay with one account at most; the others are free for short work."""


def take_turn(account: "Account") -> None:
    """Asks while a page is open, at most for a turn; else once. Does nothing while another one asks."""
    number = _lease(account)
    if number is None:
        return
    try:
        _ask_for_a_while(account, lambda: _renew(account, number))
    except (farms.FarmDown, farms.FarmRefused) as trouble:
        _ask_later(account, farm_silence.silent(account, str(trouble)))
    else:
        farm_silence.heard(account)
    finally:
        FarmPoller.objects.filter(pk=account.pk, lease_number=number).update(leased_until=timezone.now())


def _lease(account: "Account") -> int | None:
    now = timezone.now()
    free = FarmPoller.objects.filter(pk=account.pk, leased_until__lte=now)
    if free.update(leased_until=now + LEASE, lease_number=F("lease_number") + 1):
        return FarmPoller.objects.values_list("lease_number", flat=True).get(pk=account.pk)
    if FarmPoller.objects.filter(pk=account.pk).exists():
        return None
    try:
        return FarmPoller.objects.create(account=account, leased_until=now + LEASE, lease_number=1).lease_number
    except IntegrityError:
        return None


def _renew(account: "Account", number: int) -> bool:
    """False when another poller has taken over meanwhile: this one stops."""
    mine = FarmPoller.objects.filter(pk=account.pk, lease_number=number)
    return bool(mine.update(leased_until=timezone.now() + LEASE))


def _ask_for_a_while(account: "Account", is_mine: Callable[[], bool]) -> None:
    memory: sync.Memory = {}
    until = time.monotonic() + TURN_SECONDS
    discovery.discover(account)
    sync.poll(account, memory, is_mine)
    if not _long_turns.acquire(blocking=False):
        return
    try:
        while time.monotonic() < until and _is_watched(account) and is_mine():
            time.sleep(sync.WATCHED_EVERY_SECONDS)
            sync.poll(account, memory, is_mine)
    finally:
        _long_turns.release()


def _is_watched(account: "Account") -> bool:
    lately = timezone.now() - sync.WATCHED_FOR
    return Job.objects.filter(account_id=account.pk, next_poll_at__isnull=False, watched_at__gt=lately).exists()


def _ask_later(account: "Account", again: datetime) -> None:
    """No job is changed otherwise: the farm may come back with all of them done."""
    asked = Job.objects.filter(account_id=account.pk, next_poll_at__isnull=False).exclude(farm_task_uuid="")
    asked.update(next_poll_at=again)
    FarmPoller.objects.filter(pk=account.pk, discover_at__isnull=False).update(discover_at=again)
