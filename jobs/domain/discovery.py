"""Tasks ordered by a script: found on the farm, and shown beside what was ordered in the browser."""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from accounts.models import ApiToken
from jobs import farms, qarnot_access, software
from jobs.domain import frame_list, reports, submission
from jobs.domain.scenes import clean_name
from jobs.enums import JobState, Where
from jobs.models import FarmPoller, Job
from jobs.profiles import names_a_secret

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

SOON = {Where.STUDIO: timedelta(seconds=1), Where.QARNOT: timedelta(seconds=10)}
"""Qarnot counts the questions."""
TOKEN_USED_LATELY = timedelta(minutes=3)
"""A token's use is noted to the minute (accounts.tokens)."""
MOST_FRAMES = 20_000
NOT_KEPT = "[SECRET]"
"""In place of a password that a script ordered with: the studio's farm tells none, Qarnot may."""
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_OURS = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d+")


def ask_for(account: "Account") -> None:
    """A page that lists renders is open, or a token was used: look for tasks soon."""
    _soon([account.pk], Where.STUDIO)
    if qarnot_access.is_given(account):
        _soon([account.pk], Where.QARNOT)


def ask_for_scripting_accounts() -> None:
    """The sweep's part: whoever used a token lately may have ordered something."""
    lately = timezone.now() - TOKEN_USED_LATELY
    used = ApiToken.objects.filter(is_internal=False, last_used_at__gt=lately, account__is_active=True)
    _soon(list(used.values_list("account_id", flat=True).distinct()), Where.STUDIO)


def _soon(accounts: list[int], where: Where) -> None:
    pollers = FarmPoller.objects.filter(account__in=accounts, farm=where)
    without = set(accounts) - set(pollers.values_list("account_id", flat=True))
    new = [FarmPoller(account_id=account, farm=where) for account in without]
    FarmPoller.objects.bulk_create(new, ignore_conflicts=True)
    pollers.filter(discover_at__isnull=True).update(discover_at=timezone.now() + SOON[where])


def discover(account: "Account", where: Where) -> bool:
    """Makes rows for tasks nobody knows here yet, if it is time to look. Raises farms.FarmDown, FarmRefused."""
    due = FarmPoller.objects.filter(account=account, farm=where, discover_at__lte=timezone.now()).first()
    if due is None:
        return False
    farm = farms.of(account, where)
    since = _looked_at_since(account, where)
    for page in farm.newest_tasks():
        unknown = _unknown(account, [task for task in page if _created_at(task) >= since])
        for uuid in unknown:
            _find(account, farm, uuid)
        if not unknown:  # what is older was found before
            break
    FarmPoller.objects.filter(pk=due.pk, discover_at=due.discover_at).update(discover_at=None)
    return True


def _looked_at_since(account: "Account", where: Where) -> datetime:
    """An account at Qarnot may be years old: what was ordered before we had its token stays there."""
    access = qarnot_access.of(account) if where == Where.QARNOT else None
    return access.given_at if access else _ALWAYS


def _created_at(task: dict[str, Any]) -> datetime:
    try:
        said = parse_datetime(str(task.get("creationDate")))
    except ValueError:
        said = None
    return said if said and is_aware(said) else _ALWAYS


def _unknown(account: "Account", tasks: list[dict[str, Any]]) -> list[str]:
    uuids = [str(task["uuid"]) for task in tasks if not _is_ours(account, task)]
    rows = Job.objects.filter(account=account, farm_task_uuid__in=uuids)
    known = set(rows.values_list("farm_task_uuid", flat=True))
    return [uuid for uuid in uuids if uuid not in known]


def _find(account: "Account", farm: farms.Farm, uuid: str) -> None:
    """One that can't be taken in keeps no other from being found."""
    try:
        _add(account, farm.where, reports.read(farm.task(uuid)), uuid)
    except farms.TaskGone:
        return
    except (farms.FarmDown, farms.FarmRefused):
        raise
    except Exception:
        logger.exception("task %s of %s could not be taken in", uuid, account.pk)


def _is_ours(account: "Account", task: dict[str, Any]) -> bool:
    """Our own may be on the farm before its row knows the uuid."""
    match = _OURS.fullmatch(str(task.get("shortname")))
    return match is not None and Job.objects.filter(account=account, pk=match[1]).exists()


def _add(account: "Account", where: Where, report: reports.Report, uuid: str) -> None:
    numbers = _numbers(report)
    makes_pictures = software.makes_pictures(account, report.profile, where)
    with transaction.atomic():
        if Job.objects.filter(account=account, farm_task_uuid=uuid).exists():
            return
        job = Job.objects.create(
            account=account,
            name=clean_name(report.name),
            state=JobState.WAITING,
            farm=where,
            profile=report.profile,
            constants={name: NOT_KEPT if names_a_secret(name) else v for name, v in report.constants.items()},
            makes_pictures=makes_pictures,
            frames=report.ranges or f"0-{max(report.instance_count - 1, 0)}",
            frame_count=len(numbers),
            farm_task_uuid=uuid,
            result_bucket=report.result_bucket,
            cap_seconds=report.cap_seconds,
            created_at=report.created_at or timezone.now(),
            next_poll_at=timezone.now(),
            revision=1,
        )
        submission.add_frames(job, numbers, revision=1)
    logger.info("found task %s of %s", uuid, account.pk)


def _numbers(report: reports.Report) -> list[int]:
    if not report.ranges:
        return list(range(min(report.instance_count, MOST_FRAMES)))
    try:
        return frame_list.parse(report.ranges.strip("[] "))[:MOST_FRAMES]
    except frame_list.FrameListError:
        return []
