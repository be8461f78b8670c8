"""Asking a farm of an account and folding its answers into the rows of its jobs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from jobs import farms
from jobs.buckets import StoredObject, StoreError
from jobs.domain import carbon, finishing, landing, lifecycle, log_writing, machines, reports, result_files
from jobs.domain.log_writing import Reading
from jobs.domain.reports import InstanceReport, Report
from jobs.domain.revisions import change
from jobs.enums import ENDED, JobState, Where
from jobs.hurry import hurry
from jobs.models import Job, ResultFile

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

WATCHED_EVERY_SECONDS = {Where.STUDIO: 0.4, Where.QARNOT: 2.0}
UNWATCHED_EVERY_SECONDS = {Where.STUDIO: 2.0, Where.QARNOT: 5.0}
"""What Qarnot tells of a task may be five seconds old anyway, and it counts the questions."""
AFTER_TROUBLE_SECONDS = 10.0
WATCHED_FOR = timedelta(seconds=20)
"""A page that is open says so every few seconds."""
READINGS_AT_ONCE = 20
"""A farm gives a long output in pieces; so many are taken in one turn."""


@dataclass(frozen=True)
class News:
    instances: list[InstanceReport]
    landed: dict[int, StoredObject]
    """Frame number → its picture."""
    files: list[ResultFile]


Memory = dict[UUID, dict[int, InstanceReport]]
"""What a poller saw last of each job's instances, so that what did not change costs no query."""


def poll(
    account: "Account",
    where: Where = Where.STUDIO,
    memory: Memory | None = None,
    is_mine: Callable[[], bool] = lambda: True,
) -> bool:
    """Asks that farm about every job that is due, if there is one; one that makes trouble delays only itself.

    Stops where `is_mine` says that another poller asks now.
    Raises farms.FarmDown, FarmRefused: nothing is known then, and no job is changed.
    """
    memory = {} if memory is None else memory
    jobs = due(account, where, timezone.now())
    for job in jobs:
        if not is_mine():
            break
        try:
            poll_job(job, farms.of(account, where), memory)
        except (farms.FarmDown, farms.FarmRefused):
            raise
        except StoreError as failure:
            logger.warning("job %s: the store does not answer: %s", job.pk, failure)
            ask_again(job, AFTER_TROUBLE_SECONDS)
        except Exception:
            logger.exception("job %s could not be brought up to date", job.pk)
            ask_again(job, AFTER_TROUBLE_SECONDS)
    return bool(jobs)


def due(account: "Account", where: Where, now: datetime) -> list[Job]:
    with_task = Job.objects.filter(account_id=account.pk, farm=where, next_poll_at__lte=now).exclude(farm_task_uuid="")
    return list(with_task.select_related("scene", "account").order_by("next_poll_at")[:200])


def poll_job(job: Job, farm: farms.Farm, memory: Memory) -> None:
    try:
        report = reports.read(farm.task(job.farm_task_uuid))
    except farms.TaskGone:
        finishing.task_vanished(job)
        return
    if report.state not in reports.KNOWN_STATES:
        logger.warning("job %s: the farm says %r, which is no state known here", job.pk, report.state)
    try:
        _fold(job, farm, report, memory)
    except (lifecycle.JobMovedMeanwhile, log_writing.ReadTwice, Job.DoesNotExist) as meanwhile:
        logger.info("job %s changed while the farm was asked: %s", job.pk, meanwhile)
        memory.pop(job.pk, None)


def _fold(job: Job, farm: farms.Farm, report: Report, memory: Memory) -> None:
    """The state is read before the output, so that an ended task's output is whole."""
    for _ in range(READINGS_AT_ONCE if job.state not in ENDED else 0):
        readings = log_writing.read(job, farm, is_last=report.has_ended)
        instances = machines.changed(job, report.instances, memory.get(job.pk, {}))
        is_news = report.has_ended or any(instance.phase == reports.SUCCESS for instance in instances)
        landed = landing.arrived(job, report.succeeded) if is_news else {}
        files = result_files.arrived(job, report, instances) if is_news else []
        is_said_anew = any(getattr(job, name) != value for name, value in _said(report).items())
        if readings or instances or landed or files or is_said_anew:
            _write(job, report, readings, News(instances, landed, files))
        memory[job.pk] = dict(report.instances)
        if landed:
            hurry("open_pictures", job.pk)
        if not readings or not report.has_ended:
            break
    carbon.ask(job, farm, is_watched=_is_watched(job), has_ended=report.has_ended)
    _follow(job, farm, report)


def _said(report: Report) -> dict[str, Any]:
    """Of the task as a whole."""
    return {
        "farm_state": report.state,
        "waiting_reason": report.waiting_reason,
        "waiting_code": report.waiting_code,
        "waiting_position": report.waiting_position,
    }


def _write(job: Job, report: Report, readings: list[Reading], news: News) -> None:
    facts = _said(report)
    with change(job.pk) as revision:
        _demand_same_task(job)
        machines.write(job, news.instances, revision)
        landing.land(job, news.landed, revision)
        landing.count_as_done(job, news.instances, revision)
        result_files.land(news.files, revision)
        log_writing.write(job, readings, revision)
        if news.instances or news.landed:
            facts.update(used_seconds=machines.used_seconds(job, report.rate), **landing.count(job))
        Job.objects.filter(pk=job.pk).update(**facts)
    job.refresh_from_db()


def _demand_same_task(job: Job) -> None:
    """An old report sets nothing back that ended, or was ordered again, since it was asked for."""
    same = Job.objects.filter(pk=job.pk, farm_task_uuid=job.farm_task_uuid).exclude(state__in=ENDED)
    if not same.exists():
        raise lifecycle.JobMovedMeanwhile


def _follow(job: Job, farm: farms.Farm, report: Report) -> None:
    """Moves the job as the farm's state says, and says when to ask again."""
    if report.has_ended:
        finishing.finish(job, report)
        return
    if job.state in (JobState.CANCELLING, JobState.CANCELLED) and report.state != "PendingCancel":
        farm.cancel(job.farm_task_uuid)
    elif report.state == "PendingCancel" and job.state not in ENDED | {JobState.CANCELLING}:
        lifecycle.move(job, JobState.CANCELLING)
    elif report.state in reports.RENDERING_STATES and job.state in (JobState.SUBMITTING, JobState.WAITING):
        lifecycle.move(job, JobState.RENDERING)
    elif report.state == "Submitted" and job.state in (JobState.SUBMITTING, JobState.RENDERING):
        lifecycle.move(job, JobState.WAITING)
    ask_again(job, _interval(job, report))


def ask_again(job: Job, seconds: float) -> None:
    at = timezone.now() + timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk, next_poll_at__isnull=False).update(next_poll_at=at)


def _interval(job: Job, report: Report) -> float:
    """A task of thousands of instances is long to tell: it is asked for less often."""
    seconds = (WATCHED_EVERY_SECONDS if _is_watched(job) else UNWATCHED_EVERY_SECONDS)[Where(job.farm)]
    return seconds * max(1.0, len(report.instances) / 500)


def _is_watched(job: Job) -> bool:
    return job.watched_at is not None and timezone.now() - job.watched_at < WATCHED_FOR
