"""How many instances go before one that waits for a slot.

The position is where the turns of farm.turns put it if nothing ended and nothing came meanwhile; warm engines may
change it by some places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from farm.models import Instance, InstanceState, Limit, Task


@dataclass
class _Queue:
    """What waits and runs of one task."""

    task: UUID
    account: int
    priority: int
    queued_at: datetime
    waiting: int
    running: int


def position_of(instance: Instance, task: Task) -> int:
    """Its place among all that waits for a slot; 1 is the next."""
    queues = _queues()
    own = next((queue for queue in queues if queue.task == task.pk), None)
    if own is None:
        return 1
    before = task.instances.filter(_goes_before(instance), state=InstanceState.WAITING).count()
    of_account = [queue for queue in queues if queue.account == own.account]
    ahead_at_home = before + sum(_ahead(queue, own, before) for queue in of_account if queue is not own)
    return 1 + ahead_at_home + _ahead_of_others(queues, of_account, ahead_at_home)


def _goes_before(instance: Instance) -> Q:
    """Of its own task: what was tried before comes first."""
    tried_as_often = Q(attempt_count=instance.attempt_count, instance_id__lt=instance.instance_id)
    return Q(attempt_count__gt=instance.attempt_count) | tried_as_often


def _queues() -> list[_Queue]:
    counts = {
        state: dict(
            Instance.objects.filter(state=state, task__queued_at__isnull=False)
            .values_list("task")
            .annotate(count=Count("pk"))
            .order_by()
        )
        for state in (InstanceState.WAITING, InstanceState.RUNNING)
    }
    waiting, running = counts[InstanceState.WAITING], counts[InstanceState.RUNNING]
    in_line = Task.objects.filter(queued_at__isnull=False, account__is_active=True)
    known = in_line.values_list("pk", "account", "priority", "queued_at")
    return [
        _Queue(task, account, priority, queued_at, waiting.get(task, 0), running.get(task, 0))
        for task, account, priority, queued_at in known
        if queued_at is not None
    ]


def _ahead(other: _Queue, own: _Queue, before: int) -> int:
    """Of another task of the account: its claims before the one that `before` others of the own task go before."""
    if other.priority != own.priority:
        return other.waiting if other.priority > own.priority else 0
    is_older = other.queued_at < own.queued_at
    return min(other.waiting, max(0, own.running + before - other.running + is_older))


def _ahead_of_others(queues: Sequence[_Queue], at_home: Sequence[_Queue], before: int) -> int:
    own_account = at_home[0].account
    own_running = sum(queue.running for queue in at_home)
    own_since = min(queue.queued_at for queue in at_home)
    most = dict(Limit.objects.values_list("account", "running_instances"))
    total = 0
    for account in {queue.account for queue in queues} - {own_account}:
        theirs = [queue for queue in queues if queue.account == account]
        is_older = min(queue.queued_at for queue in theirs) < own_since
        running, waiting = sum(queue.running for queue in theirs), sum(queue.waiting for queue in theirs)
        may_begin = min(waiting, max(0, most[account] - running)) if account in most else waiting
        total += min(may_begin, max(0, own_running + before - running + is_older))
    return total
