"""A farm that does not answer: noted for the pages, asked again a little later each time. No job fails of it."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from jobs import farms, qarnot_access
from jobs.enums import Where
from jobs.models import FarmPoller

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60


def silent(account: "Account", where: Where, trouble: Exception) -> datetime:
    """When to ask again. One that only asks to be asked less often is not called silent on the pages."""
    poller, _ = FarmPoller.objects.get_or_create(account=account, farm=where)
    pause = min(LONGEST_PAUSE_SECONDS, 2 ** min(poller.failure_count + 1, 6))
    now = timezone.now()
    if isinstance(trouble, farms.FarmBusy):
        logger.info("%s asks to be asked less often for account %s (%s)", where.label, account.pk, trouble)
        return now + timedelta(seconds=trouble.pause_seconds)
    if isinstance(trouble, farms.TokenRefused):
        qarnot_access.note_refused(account)
    logger.warning("%s does not answer for account %s (%s); again in %s s", where.label, account.pk, trouble, pause)
    FarmPoller.objects.filter(pk=poller.pk).update(
        failure_count=F("failure_count") + 1, farm_down_since=poller.farm_down_since or now
    )
    return now + timedelta(seconds=pause)


def heard(account: "Account", where: Where) -> None:
    silent_ones = FarmPoller.objects.filter(account=account, farm=where, failure_count__gt=0)
    silent_ones.update(failure_count=0, farm_down_since=None)
    if where == Where.QARNOT:  # whoever noted that it is refused
        qarnot_access.note_accepted(account)
