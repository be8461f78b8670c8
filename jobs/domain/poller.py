"""One poller an account and farm at a time, by a lease in the database: it asks for some seconds, then hands over."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError
from django.db.models import F, QuerySet
from django.utils import timezone

from jobs import farms
from jobs.domain import discovery, farm_silence, sync
from jobs.domain.turns import turn
from jobs.enums import Where
from jobs.models import FarmPoller, Job

if TYPE_CHECKING:
    from accounts.models import Account

LEASE = timedelta(seconds=40)
"""Longer than a turn and one call of the farm that runs into its time limit."""
TURN_SECONDS = 10.0
_long_turns = threading.BoundedSemaphore(4)
"""Of a worker's threads, so many stay with one account at most; the others are free for short work."""


def take_turn(account: "Account", where: Where = Where.STUDIO) -> None:
    """Asks while a page is open, at most for a turn; else once. Does nothing while another one asks."""
    with turn(where) as may_ask:
        if may_ask:
            _take_turn(account, where)


def _take_turn(account: "Account", where: Where) -> None:
    leased = _lease(account, where)
    if leased is None:
        return
    try:
        was_asked = _ask_for_a_while(account, where, lambda: _renew(leased))
    except (farms.FarmDown, farms.FarmRefused) as trouble:
        _ask_later(account, where, farm_silence.silent(account, where, trouble))
    else:
        if was_asked:
            farm_silence.heard(account, where)
    finally:
        _still(leased).update(leased_until=timezone.now())


def _lease(account: "Account", where: Where) -> FarmPoller | None:
    now = timezone.now()
    its = FarmPoller.objects.filter(account=account, farm=where)
    if its.filter(leased_until__lte=now).update(leased_until=now + LEASE, lease_number=F("lease_number") + 1):
        return its.get()
    if its.exists():
        return None
    try:
        return FarmPoller.objects.create(account=account, farm=where, leased_until=now + LEASE, lease_number=1)
    except IntegrityError:
        return None


def _still(leased: FarmPoller) -> QuerySet[FarmPoller]:
    return FarmPoller.objects.filter(pk=leased.pk, lease_number=leased.lease_number)


def _renew(leased: FarmPoller) -> bool:
    """False when another poller has taken over meanwhile: this one stops."""
    return bool(_still(leased).update(leased_until=timezone.now() + LEASE))


def _ask_for_a_while(account: "Account", where: Where, is_mine: Callable[[], bool]) -> bool:
    """Whether there was anything to ask: a message that came twice finds nothing due, and hears nothing."""
    memory: sync.Memory = {}
    until = time.monotonic() + TURN_SECONDS
    was_asked = discovery.discover(account, where)
    was_asked |= sync.poll(account, where, memory, is_mine)
    if not _long_turns.acquire(blocking=False):
        return was_asked
    try:
        while time.monotonic() < until and _is_watched(account, where) and is_mine():
            time.sleep(sync.WATCHED_EVERY_SECONDS[where])
            was_asked |= sync.poll(account, where, memory, is_mine)
    finally:
        _long_turns.release()
    return was_asked


def _is_watched(account: "Account", where: Where) -> bool:
    lately = timezone.now() - sync.WATCHED_FOR
    going = Job.objects.filter(account_id=account.pk, farm=where, next_poll_at__isnull=False)
    return going.filter(watched_at__gt=lately).exists()


def _ask_later(account: "Account", where: Where, again: datetime) -> None:
    """No job is changed otherwise: the farm may come back with all of them done.

    Those that had their turn keep their later time, so that the ones left out come first.
    """
    asked = Job.objects.filter(account_id=account.pk, farm=where, next_poll_at__lt=again).exclude(farm_task_uuid="")
    asked.update(next_poll_at=again)
    looked_for = FarmPoller.objects.filter(account=account, farm=where, discover_at__isnull=False)
    looked_for.update(discover_at=again)
