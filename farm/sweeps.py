"""Finds in the rows what a lost message or a dead node left lying. Every sweep is safe twice at once:
each change is a compare-and-set, made by reports and lifecycle."""

import logging
from datetime import timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from farm import credentials, dependencies, groups, lifecycle, scheduler, snapshots, spending, tiles, wakes
from farm.models import ENDED_STATES, Attempt, Instance, InstanceState, Task, TaskState
from farm.node import reports, stopping

log = logging.getLogger(__name__)

WITHDRAWN_SECONDS = 30
"""A node drops withdrawn work within two; after this long it is taken for silent."""
QUEUED_TOO_LONG = "QUEUED_TOO_LONG"
QUEUED_TOO_LONG_MESSAGE = (
    "No machine was free for it within {:,} seconds, which is all the time it was given to wait. "
    "Submit it again when the farm has room, or with a larger maxTimeQueueSeconds."
)


def sweep() -> None:
    hand_out_again()
    end_withdrawn()
    refresh_stuck()
    stopping.sweep()
    spending.let_go_of_ended()
    settle_dependencies()
    fail_queued_too_long()
    groups.sweep()
    delete_expired()
    snapshots.take_due()
    snapshots.end_left()
    credentials.revoke_ended()
    wake_for_waiting()


def hand_out_again() -> int:
    """Instances whose lease ran out wait again, or fail if they were lost too often. Returns how many."""
    expired = _running_attempts().filter(instance__lease_until__lt=Now())
    return sum(reports.lost(attempt, only_if_expired=True, reason="the lease ran out") for attempt in expired)


def end_withdrawn() -> int:
    """Instances that their node should have dropped long ago. Returns how many."""
    long_ago = ExpressionWrapper(Now() - timedelta(seconds=WITHDRAWN_SECONDS), output_field=DateTimeField())
    left = _running_attempts().filter(
        instance__task__state__in=lifecycle.WITHDRAWN_STATES, instance__task__state_changed_at__lt=long_ago
    )
    return sum(reports.cancelled(attempt) for attempt in left)


def refresh_stuck() -> None:
    """Tasks nothing of which waits or runs, and that nobody has ended: a report was cut short.

    Of a withdrawn task nothing is to wait: whoever withdrew it was cut short.
    """
    of_task = Instance.objects.filter(task=OuterRef("pk"))
    under_way = of_task.filter(state__in=[InstanceState.WAITING, InstanceState.RUNNING])
    left_waiting = Q(Exists(of_task.filter(state=InstanceState.WAITING)), state__in=lifecycle.WITHDRAWN_STATES)
    stuck = Task.objects.filter(state__in=lifecycle.LIVE_STATES | lifecycle.WITHDRAWN_STATES)
    hopeless = tiles.hopeless_joins().filter(task=OuterRef("pk"))
    for task in stuck.filter(~Exists(under_way) | Exists(hopeless) | left_waiting).values_list("pk", flat=True):
        lifecycle.refresh_state(task)


def settle_dependencies() -> None:
    """Ends of tasks that those who wait for them were not told of, and tasks that were told and not freed."""
    for task in dependencies.overdue():
        lifecycle.settle_dependents(task)
    lifecycle.fail_hopeless(dependencies.decide(Task.objects.all()))


def fail_queued_too_long() -> None:
    """Tasks that no machine has taken anything of within their maxTimeQueueSeconds.

    The time runs from the order, or from the end of the last task it waited for. A task of which anything was ever
    handed out is no longer in the queue.
    """
    begun = Instance.objects.filter(task=OuterRef("pk"), attempt_count__gt=0)
    queued = Task.objects.filter(
        ~Exists(begun), state=TaskState.SUBMITTED, queued_at__isnull=False, max_queue_seconds__isnull=False
    )
    now = timezone.now()
    for task in queued:
        most = task.max_queue_seconds or 0
        if task.queued_at and task.queued_at + timedelta(seconds=most) < now:
            lifecycle.fail_waiting(task, QUEUED_TOO_LONG, QUEUED_TOO_LONG_MESSAGE.format(most))


def delete_expired() -> None:
    """Tasks that have ended and delete themselves some time after."""
    for task in Task.objects.filter(state__in=ENDED_STATES, delete_at__lt=timezone.now()):
        lifecycle.delete(task)


def wake_for_waiting() -> None:
    """Heals lost wake-ups."""
    if any(scheduler.is_work_for(node) for node in wakes.live_nodes()):
        wakes.wake()


def _running_attempts() -> QuerySet[Attempt]:
    return Attempt.objects.filter(
        outcome=Attempt.Outcome.RUNNING,
        instance__state=InstanceState.RUNNING,
        number=F("instance__attempt_count"),
    ).select_related("instance__task__account")
