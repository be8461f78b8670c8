"""The only writer of a farm Job's state, by compare-and-set."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from farm.models import ENDED_STATES, Job, JobState, Task

MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.ACTIVE: frozenset({JobState.TERMINATING, JobState.DELETING}),
    JobState.TERMINATING: frozenset({JobState.COMPLETED, JobState.DELETING}),
    JobState.COMPLETED: frozenset({JobState.DELETING}),
    JobState.DELETING: frozenset(),
}


def move(job_uuid: UUID, to: JobState) -> bool:
    """False: the job is not where it could move so from; then nothing is changed."""
    may = [state for state, nexts in MOVES.items() if to in nexts]
    now = timezone.now()
    won = Job.objects.filter(pk=job_uuid, state__in=may).update(
        state=to,
        previous_state=F("state"),
        previous_state_changed_at=F("state_changed_at"),
        state_changed_at=now,
        modified_at=now,
    )
    return bool(won)


def complete_if_done(job_uuid: UUID) -> None:
    """A job that is being terminated is completed when the last of its tasks has ended. Safe to ask at any time."""
    going_on = Task.objects.filter(job=OuterRef("pk")).exclude(state__in=ENDED_STATES)
    done = Job.objects.filter(~Exists(going_on), pk=job_uuid, state=JobState.TERMINATING)
    for job in done:
        delete_at = timezone.now() + job.time_to_live if job.auto_delete else None
        with transaction.atomic():
            if move(job.pk, JobState.COMPLETED):
                Job.objects.filter(pk=job.pk).update(delete_at=delete_at)
