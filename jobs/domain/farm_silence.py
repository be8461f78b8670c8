"""A farm that does not answer: noted for the pages, asked again a little later each time. No job fails of it."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from jobs.models import FarmPoller

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60


def silent(account: "Account", reason: str) -> datetime:
    """When to ask again."""
    poller, _ = FarmPoller.objects.get_or_create(pk=account.pk)
    pause = min(LONGEST_PAUSE_SECONDS, 2 ** min(poller.failure_count + 1, 6))
    logger.warning("the farm of account %s does not answer (%s); again in %s s", account.pk, reason, pause)
    now = timezone.now()
    FarmPoller.objects.filter(pk=account.pk).update(
        failure_count=F("failure_count") + 1, farm_down_since=poller.farm_down_since or now
    )
    return now + timedelta(seconds=pause)


def heard(account: "Account") -> None:
    silent_ones = FarmPoller.objects.filter(pk=account.pk, failure_count__gt=0)
    silent_ones.update(failure_count=0, farm_down_since=None)
