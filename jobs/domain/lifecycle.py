"""The only writer of Job.state: by the table of moves, by compare-and-set, told to open pages after the commit."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from jobs.domain.revisions import change
from jobs.enums import ENDED, JOB_MOVES, FrameState, JobState, Where
from jobs.hurry import hurry
from jobs.models import Frame, Job

logger = logging.getLogger(__name__)

CANCELLING_FOR_AT_MOST = timedelta(minutes=10)


class ForbiddenMove(Exception):
    """A sentence for the page: why this can't be done to the render now."""


class JobMovedMeanwhile(Exception):
    """Someone else changed the state first: the same sentence for every page and log."""

    def __init__(self) -> None:
        super().__init__("This render changed a moment ago. Look at it as it is now.")


def move(job: Job, to: JobState, **changes: Any) -> None:
    """Changes the state, and with it the fields in `changes`. Raises ForbiddenMove, JobMovedMeanwhile."""
    if to not in JOB_MOVES[JobState(job.state)]:
        raise ForbiddenMove(f"A render that is {job.get_state_display().lower()} can't become {to.label.lower()}.")
    now = timezone.now()
    if to in ENDED:
        changes.setdefault("ended_at", now)
    if to == JobState.RENDERING and job.started_at is None:
        changes.setdefault("started_at", now)
    with change(job.pk):
        won = Job.objects.filter(pk=job.pk, state=job.state).update(state=to, state_changed_at=now, **changes)
        if not won:
            raise JobMovedMeanwhile
    job.refresh_from_db()


def cancel(job: Job) -> None:
    """The artist's wish: what runs is stopped, what is there is kept. Raises ForbiddenMove."""
    if job.state in ENDED:
        raise ForbiddenMove(f"This render is {job.get_state_display().lower()} already.")
    if job.state == JobState.CANCELLING:
        return
    try:
        move(job, JobState.CANCELLING, next_poll_at=timezone.now())
    except JobMovedMeanwhile:
        job.refresh_from_db()
        cancel(job)
        return
    hurry("cancel_on_farm", job.pk)


def end_as_cancelled(job: Job, problem: dict[str, Any] | None = None) -> None:
    """Frames that are not there will not come."""
    end_frames(job, FrameState.CANCELLED)
    move(job, JobState.CANCELLED, problem=problem, next_poll_at=None)


def fail(job: Job, problem: dict[str, Any]) -> None:
    end_frames(job, FrameState.CANCELLED)
    move(job, JobState.FAILED, problem=problem, next_poll_at=None)


def end_frames(job: Job, state: FrameState) -> None:
    """Frames nobody will render any more get their last state."""
    unfinished = Q(state__in=[FrameState.WAITING, FrameState.RENDERING])
    if Frame.objects.filter(unfinished, job_id=job.pk).exists():
        with change(job.pk) as revision:
            Frame.objects.filter(unfinished, job_id=job.pk).update(state=state, revision=revision)


def give_up_cancelling(most: int = 50) -> None:
    """The sweep's part: a cancelling the farm never confirms has an end."""
    late = timezone.now() - CANCELLING_FOR_AT_MOST
    for job in Job.objects.filter(state=JobState.CANCELLING, state_changed_at__lt=late)[:most]:
        logger.warning("job %s: the farm did not confirm the cancelling", job.pk)
        minutes, at_qarnot = int(CANCELLING_FOR_AT_MOST.total_seconds() // 60), job.farm == Where.QARNOT
        try:
            end_as_cancelled(job, {"id": "cancel_took_long", "minutes": minutes, "at_qarnot": at_qarnot})
        except JobMovedMeanwhile:
            continue
