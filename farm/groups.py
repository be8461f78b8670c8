"""Groups of tasks, which Qarnot's API calls jobs: made, terminated, deleted, and swept.

A job takes tasks while it is Active. It ends only when asked, or when its wall time is over: then its tasks are
cancelled, and it is Completed when the last of them has ended. A job is deleted without its tasks, which stay in no
job; by force its tasks are deleted too.
"""

import contextlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from farm import job_states, lifecycle, quotas
from farm.json_fields import Fields, InvalidFile
from farm.json_keys import canonical
from farm.models import ENDED_STATES, Job, JobState, TaskState
from farm.submission import Refused

KIND = "job"
AT_ONCE = 100
"""Tasks cancelled or deleted while somebody waits for the answer; the sweep goes on with the others."""


@dataclass(frozen=True)
class JobFile:
    """A job that can be stored as it is."""

    name: str
    shortname: str
    use_dependencies: bool
    tags: list[str]
    max_wall_seconds: float | None
    auto_delete: bool
    time_to_live_seconds: float


def create_job(account: Account, body: Any) -> Job:
    """Raises Refused: 400 faults, 403 quota."""
    try:
        order = _read(body)
    except InvalidFile as fault:
        raise Refused(400, str(fault)) from fault
    with transaction.atomic():
        # One order of an account at a time: the checks below stay true until it is stored.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if order.shortname and Job.objects.filter(account=account, shortname=order.shortname).exists():
            sentence = f"You already have a job with the shortname “{order.shortname}”."
            raise Refused(400, str(InvalidFile(KIND, {"shortname-uniqueness": sentence})))
        too_many = quotas.job_refusal(account)
        if too_many:
            raise Refused(403, too_many)
        return _store(account, order)


def terminate(job: Job) -> None:
    """Cancels its tasks; it is Completed when none runs any more. Asked again, or later, it changes nothing."""
    job_states.move(job.pk, JobState.TERMINATING)
    _cancel_tasks(job)
    job_states.complete_if_done(job.pk)


def delete(job: Job, *, by_force: bool) -> None:
    """Raises Refused 403 where tasks of it go on, unless by force."""
    if by_force:
        job_states.move(job.pk, JobState.DELETING)
        _remove_with_tasks(job)
    else:
        _remove_alone(job)


@transaction.atomic
def _remove_alone(job: Job) -> None:
    """At once: a job that is seen Deleting takes its tasks with it. An order for it waits, and finds no job."""
    Job.objects.select_for_update().filter(pk=job.pk).first()
    if job.tasks.exclude(state__in=ENDED_STATES).exists():
        raise Refused(403, f"The job “{job.name}” still has running tasks. Terminate it first, or delete it by force.")
    job.delete()


def sweep() -> None:
    """What is due: wall times, ends that nobody told, deletions."""
    now = timezone.now()
    for job in Job.objects.filter(state=JobState.ACTIVE, terminate_at__lt=now):
        terminate(job)
    for job in Job.objects.filter(state=JobState.TERMINATING):
        _cancel_tasks(job)
        job_states.complete_if_done(job.pk)
    for job in Job.objects.filter(state=JobState.COMPLETED, delete_at__lt=now):
        with contextlib.suppress(Refused):  # a task of it is just being deleted
            delete(job, by_force=False)
    for job in Job.objects.filter(state=JobState.DELETING):
        _remove_with_tasks(job)


def _cancel_tasks(job: Job) -> None:
    going_on = job.tasks.exclude(state__in=ENDED_STATES | lifecycle.WITHDRAWN_STATES)
    for task in going_on[:AT_ONCE]:
        with contextlib.suppress(lifecycle.ForbiddenMove):
            lifecycle.cancel(task)


def _remove_with_tasks(job: Job) -> None:
    """The job is gone when its last task is; one that runs goes when its machine has dropped it."""
    for task in job.tasks.exclude(state=TaskState.PENDING_DELETE)[:AT_ONCE]:
        lifecycle.delete(task)
    if not job.tasks.exists():
        job.delete()


def _read(body: Any) -> JobFile:
    if not isinstance(body, dict):
        raise InvalidFile(KIND, {"body": "A job is a JSON object."})
    fields = Fields(canonical(body))
    fields.refuse({"poolUuid": "Pools are not offered by this farm."})
    job_file = JobFile(
        name=fields.text("name", 2047, needed=True),
        shortname=fields.shortname(),
        use_dependencies=bool(fields.given.get("useDependencies")),
        tags=fields.tags(),
        max_wall_seconds=fields.seconds("maxWallTime") or None,
        auto_delete=bool(fields.given.get("autoDeleteOnCompletion")),
        time_to_live_seconds=fields.seconds("completionTimeToLive"),
    )
    fields.raise_faults(KIND)
    return job_file


def _store(account: Account, order: JobFile) -> Job:
    job_uuid, now = uuid.uuid4(), timezone.now()
    wall = order.max_wall_seconds
    return Job.objects.create(
        uuid=job_uuid,
        account=account,
        name=order.name,
        shortname=order.shortname or str(job_uuid),
        use_dependencies=order.use_dependencies,
        tags=order.tags,
        max_wall_seconds=wall,
        created_at=now,
        terminate_at=now + timedelta(seconds=wall) if wall else None,
        auto_delete=order.auto_delete,
        time_to_live_seconds=order.time_to_live_seconds,
    )
