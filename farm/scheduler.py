"""Which instance a slot takes next, and why a task waits.

A claim is one compare-and-set, right on SQLite and PostgreSQL alike. Leases run on the database's
clock, so a node whose own clock is wrong neither loses work nor keeps it.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from accounts import ledger
from accounts.models import Account
from farm import dependencies, hardware, licences, lifecycle, matching, tiles, wakes
from farm.models import Attempt, Instance, InstanceState, Node, Phase, Task, TaskState

LEASE = timedelta(seconds=60)
_TRIED_AT_ONCE = 16


def lease_end() -> ExpressionWrapper:
    return ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())


def claim(node: Node, slot: str, *, prefer_task: UUID | None = None) -> Attempt | None:
    """The next instance for this slot, now running under a lease; None when nothing fits it.

    Accounts take turns, the one with the fewest running instances first. `prefer_task` is the task whose
    engine is warm in the slot: it wins over accounts that have as many running *elsewhere*, so a slot
    does not change scenes after each frame because of its own frame.
    """
    current = Node.objects.filter(pk=node.pk, is_draining=False).first()
    if current is None:
        return None
    tasks = claimable(current)
    if full := licences.without_seat(current, slot):
        tasks = tasks.exclude(licence__in=full, brings_licence=False)
    for task in _tasks_in_turn(tasks, current, slot, prefer_task):
        attempt = _take_one_of(task, current, slot)
        if attempt is not None:
            # One more that downloads does not change this state; a short frame is not to pay for looking.
            if task.state != TaskState.PARTIALLY_EXECUTING:
                lifecycle.refresh_state(task.pk)
            return attempt
    return None


def claimable(node: Node) -> QuerySet[Task]:
    """The tasks this node could take an instance of, hours apart."""
    waiting = Instance.objects.filter(task=OuterRef("pk"), state=InstanceState.WAITING)
    tasks = Task.objects.filter(tiles.has_ready(waiting), profile__in=node.profiles, account__is_active=True)
    tasks = tasks.filter(state__in=lifecycle.LIVE_STATES, waits_for_tasks=False)
    if node.sandbox_tier == Node.Tier.OPEN:
        tasks = tasks.filter(account=node.owner_id) if node.owner_id else tasks.none()
    if node.sandbox_tier != Node.Tier.ISOLATED:
        tasks = tasks.filter(needs_relay=False)
    if not node.has_opengl:
        is_named = Q(constants__has_key="BLEND_ENGINE")
        tasks = tasks.filter(~is_named | ~Q(constants__BLEND_ENGINE__in=matching.OPENGL_ENGINES))
    choosy = tasks.exclude(hardware_constraints=[]).values_list("pk", "hardware_constraints")
    return tasks.exclude(pk__in=[pk for pk, constraints in choosy if not hardware.fits(node, constraints)])


def fits_elsewhere(task: Task, node_id: int | None, code: str) -> bool:
    """Whether a live machine other than this one may do better with what ended here by this machine's fault."""
    nodes = wakes.live_nodes()
    if code == matching.NO_OPENGL:
        nodes = nodes.filter(has_opengl=True)
    return any(node.pk != node_id and matching.fits(node, task) for node in nodes)


def why_waiting(task: Task) -> str:
    """Why nothing of the task renders, in a sentence; empty when something does or nothing waits."""
    states = set(task.instances.values_list("state", flat=True).distinct())
    if task.state not in lifecycle.LIVE_STATES or InstanceState.RUNNING in states:
        return ""
    if InstanceState.WAITING not in states:
        return ""
    if task.waits_for_tasks:
        return dependencies.why_waiting(task)
    nodes, obstacle = matching.fitting(list(wakes.awake_nodes().order_by("name")), task)
    return obstacle or licences.why_waiting(task) or _place_in_line(task, nodes)


def _place_in_line(task: Task, nodes: Sequence[Node]) -> str:
    busy = (
        Instance.objects.filter(state=InstanceState.RUNNING, node__in=nodes).values("node", "slot").distinct().count()
    )
    in_line = Task.objects.filter(state__in=lifecycle.LIVE_STATES, waits_for_tasks=False)
    earlier = in_line.filter(created_at__lt=task.created_at)
    ahead = Instance.objects.filter(state=InstanceState.WAITING, task__in=earlier).count()
    if busy < sum(node.slot_count for node in nodes):
        return "A machine is free and takes the first frame in a moment."
    if ahead:
        return f"All machines are busy, and {ahead:,} frame{'s' if ahead > 1 else ''} of earlier renders wait too."
    return "All machines are busy; this render is next."


def _tasks_in_turn(claimable_tasks: QuerySet[Task], node: Node, slot: str, prefer_task: UUID | None) -> Iterator[Task]:
    for account in _accounts_in_turn(claimable_tasks, node, slot, prefer_task):
        if ledger.balance_seconds(account) <= 0:
            continue
        tasks = claimable_tasks.filter(account=account)
        if prefer_task:
            yield from tasks.filter(pk=prefer_task)
            tasks = tasks.exclude(pk=prefer_task)
        yield from tasks.order_by("created_at")[:_TRIED_AT_ONCE]


def _accounts_in_turn(
    claimable_tasks: QuerySet[Task], node: Node, slot: str, prefer_task: UUID | None
) -> list[Account]:
    oldest = dict(claimable_tasks.values_list("account").annotate(Min("created_at")).order_by())
    if len(oldest) < 2:
        return list(Account.objects.filter(pk__in=oldest))
    running = Instance.objects.filter(state=InstanceState.RUNNING)
    preferred = None
    if prefer_task:
        running = running.exclude(node=node, slot=slot)
        preferred = Task.objects.filter(pk=prefer_task).values_list("account", flat=True).first()
    counts = dict(running.values_list("task__account").annotate(Count("pk")).order_by())
    accounts = Account.objects.filter(pk__in=oldest)
    return sorted(accounts, key=lambda a: (counts.get(a.pk, 0), a.pk != preferred, oldest[a.pk]))


def _take_one_of(task: Task, node: Node, slot: str) -> Attempt | None:
    """What the node failed at last time only when nobody else may do better."""
    waiting = tiles.ready_of(task, task.instances.filter(state=InstanceState.WAITING)).order_by("instance_id")
    last = Attempt.objects.filter(instance=OuterRef("pk"), number=OuterRef("attempt_count"))
    is_hopeless = Q(node=node) if node.has_opengl else Q(node=node) | Q(error__code=matching.NO_OPENGL)
    unable = last.filter(is_hopeless, outcome=Attempt.Outcome.UNABLE)
    attempt = _take_first_of(waiting.exclude(Exists(unable)), task, node, slot)
    left = waiting.filter(Exists(unable)).annotate(fault=Subquery(last.values("error")[:1]))
    return attempt or _take_last_chance(left, task, node, slot)


def _take_last_chance(left: QuerySet[Any], task: Task, node: Node, slot: str) -> Attempt | None:
    """`left` bears the `fault` that ended each last time."""
    for instance in left[:_TRIED_AT_ONCE]:
        if not fits_elsewhere(task, node.pk, instance.fault["code"]):
            attempt = _take(instance, task, node, slot)
            if attempt is not None:
                return attempt
    return None


def _take_first_of(waiting: QuerySet[Instance], task: Task, node: Node, slot: str) -> Attempt | None:
    """Looks at one, and at more only when others were quicker."""
    count = 1
    while seen := list(waiting[:count]):
        for instance in seen:
            attempt = _take(instance, task, node, slot)
            if attempt is not None:
                return attempt
        count = _TRIED_AT_ONCE
    return None


@transaction.atomic
def _take(instance: Instance, task: Task, node: Node, slot: str) -> Attempt | None:
    fresh = {"progress": 0, "cpu_percent": 0, "memory_mb": 0, "peak_memory_mb": 0, "download_seconds": 0}
    fresh |= {"environment_seconds": 0, "execution_seconds": 0, "upload_seconds": 0, "wall_seconds": 0}
    if not licences.take_seat(task, node, slot):
        return None
    won = Instance.objects.filter(
        pk=instance.pk, state=InstanceState.WAITING, attempt_count=instance.attempt_count
    ).update(
        state=InstanceState.RUNNING,
        attempt_count=F("attempt_count") + 1,
        node=node,
        slot=slot,
        lease_until=lease_end(),
        phase=Phase.DISPATCH,
        started_at=Now(),
        ended_at=None,
        cpu_model=node.cpu_model,
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
    return Attempt.objects.create(instance=instance, number=number, node=node, sandbox_tier=node.sandbox_tier)
