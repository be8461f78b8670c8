"""Which instance a slot takes next.

A claim is one compare-and-set, right on SQLite and PostgreSQL alike. Leases run on the database's
clock, so a node whose own clock is wrong neither loses work nor keeps it. Whose turn it is says farm.turns, why
something waits says farm.line.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from farm import avoidance, lifecycle, limits, matching, seats, second_tries, spending, tiles, turns
from farm.heat import IdleHeaters
from farm.models import Attempt, Instance, InstanceState, Node, Phase, Task

LEASE = timedelta(seconds=60)
_TRIED_AT_ONCE = 16


def lease_end() -> ExpressionWrapper:
    return ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())


def claim(node: Node, slot: str, *, prefer_task: UUID | None = None) -> Attempt | None:
    """The next instance for this slot, now running under a lease; None when nothing fits it.

    `prefer_task` is the task whose engine is warm in the slot: a slot does not change scenes after each frame
    because of its own frame.
    """
    current = Node.objects.select_related("site").filter(pk=node.pk, is_draining=False, retired_at=None).first()
    if current is None:
        return None
    claim = _Claim(current, slot)
    available = claimable(current)
    if full := seats.none_for(current, slot):
        available = available.exclude(licence__in=full, brings_licence=False)
    for account, tasks in turns.tasks_in_turn(available, current, slot, prefer_task):
        attempt = claim.among(tasks, spending.Purse(account)) if limits.has_room(account) else None
        if attempt is not None:
            return attempt
    return None


def claimable(node: Node) -> QuerySet[Task]:
    """The tasks this node could take an instance of; hours, limits, seats and hardware constraints apart."""
    waiting = Instance.objects.filter(task=OuterRef("pk"), state=InstanceState.WAITING)
    tasks = Task.objects.filter(queued_at__isnull=False, profile__in=node.profiles, account__is_active=True)
    tasks = tasks.filter(tiles.has_ready(waiting))
    if node.sandbox_tier == Node.Tier.OPEN:
        tasks = tasks.filter(account=node.owner_id) if node.owner_id else tasks.none()
    if node.sandbox_tier != Node.Tier.ISOLATED:
        tasks = tasks.filter(needs_relay=False)
    if not node.has_opengl:
        is_named = Q(constants__has_key="BLEND_ENGINE")
        tasks = tasks.filter(~is_named | ~Q(constants__BLEND_ENGINE__in=matching.OPENGL_ENGINES))
    return tasks


class _Claim:
    """One slot's look for work."""

    def __init__(self, node: Node, slot: str) -> None:
        self._node = node
        self._slot = slot
        self._heaters = IdleHeaters(node)
        self._trusted = avoidance.trusted_instead_of(node)
        self._is_account_full = False
        """Others took its last place while this slot looked."""
        self._full_licences: set[int | None] = set()
        """Others took their last seat while this slot looked."""

    def among(self, tasks: Iterable[Task], purse: spending.Purse) -> Attempt | None:
        """An instance of an account's first task that may begin here. What was refused once is not asked for again:
        thousands that wait would each be locked, by each of the slots that lost the same race."""
        self._is_account_full = False
        for task in tasks:
            attempt = None if not self._is_for(task) or purse.why_not_begin(task) else self._of(task)
            if attempt is not None or self._is_account_full:
                return attempt
        return None

    def _is_for(self, task: Task) -> bool:
        """Whether it is for this machine now, hours apart."""
        if self._is_refused(task) or not matching.fits(self._node, task) or self._heaters.come_first(task):
            return False
        return not any(matching.fits(other, task) for other in self._trusted)

    def _is_refused(self, task: Task) -> bool:
        return self._is_account_full or (seats.are_needed(task) and task.licence_id in self._full_licences)

    def _of(self, task: Task) -> Attempt | None:
        """An instance of the task; None where others were quicker."""
        attempt = self._take_one_of(task)
        # One more that downloads does not change this state; a short frame is not to pay for looking.
        if attempt is not None and task.state != lifecycle.TaskState.PARTIALLY_EXECUTING:
            lifecycle.refresh_state(task.pk)
        return attempt

    def _take_one_of(self, task: Task) -> Attempt | None:
        """What was tried before comes first: a scene that fails everywhere is known after one frame, not after all."""
        waiting = tiles.ready_of(task, task.instances.filter(state=InstanceState.WAITING))
        waiting = waiting.order_by("-attempt_count", "instance_id")
        failed_here = Exists(second_tries.in_vain_at(self._node))
        tried = waiting.filter(attempt_count__gt=0).annotate(failed_here=failed_here)
        mine = [one for one in tried[:_TRIED_AT_ONCE] if not self._is_left_to_others(one, task)]
        return (
            self._take_any(mine, task)
            or self._take_first_of(waiting.filter(attempt_count=0), task)
            or self._take_any(list(tried.filter(failed_here=False)[:_TRIED_AT_ONCE]), task)
        )

    def _is_left_to_others(self, instance: Any, task: Task) -> bool:
        """`instance` bears whether it `failed_here`."""
        return instance.failed_here and bool(second_tries.better_nodes(instance, task, self._node))

    def _take_first_of(self, waiting: QuerySet[Instance], task: Task) -> Attempt | None:
        """Looks at one, and at more only when others were quicker."""
        first = list(waiting[:1])
        return self._take_any(first, task) or (self._take_any(list(waiting[:_TRIED_AT_ONCE]), task) if first else None)

    def _take_any(self, instances: Sequence[Instance], task: Task) -> Attempt | None:
        for instance in instances:
            attempt = None if self._is_refused(task) else self._take(instance, task)
            if attempt is not None:
                return attempt
        return None

    @transaction.atomic
    def _take(self, instance: Instance, task: Task) -> Attempt | None:
        if not self._has_leave(task):
            return None
        fresh = {"progress": 0, "cpu_percent": 0, "memory_mb": 0, "peak_memory_mb": 0, "download_seconds": 0}
        fresh |= {"environment_seconds": 0, "execution_seconds": 0, "upload_seconds": 0, "wall_seconds": 0}
        won = Instance.objects.filter(
            pk=instance.pk, state=InstanceState.WAITING, attempt_count=instance.attempt_count
        ).update(
            state=InstanceState.RUNNING,
            attempt_count=F("attempt_count") + 1,
            node=self._node,
            slot=self._slot,
            is_heating=self._heaters.is_heater,
            lease_until=lease_end(),
            phase=Phase.DISPATCH,
            started_at=Now(),
            ended_at=None,
            cpu_model=self._node.cpu_model,
            results=[],
            error=None,
            **fresh,
        )
        if not won:
            return None
        number = instance.attempt_count + 1
        instance.task = task
        instance.attempt_count = number
        instance.state = InstanceState.RUNNING
        tier = self._node.sandbox_tier
        return Attempt.objects.create(instance=instance, number=number, node=self._node, sandbox_tier=tier)

    def _has_leave(self, task: Task) -> bool:
        """Under the locks of the limit and of the licence, in this order, until the transaction ends."""
        if not limits.leaves_room(task.account_id):
            self._is_account_full = True
        elif not seats.take(task, self._node, self._slot):
            self._full_licences.add(task.licence_id)
        return not self._is_refused(task)


def is_work_for(node: Node) -> bool:
    """Whether something waits that this machine may be able to take."""
    return claimable(node).exists()
