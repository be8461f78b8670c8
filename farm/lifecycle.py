"""The only writer of Task.state: what a task's state is, given its instances, and the moves it may make."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from accounts import ledger
from farm import dependencies, job_states, ranges, tiles
from farm.models import ENDED_STATES, Attempt, Instance, InstanceState, OutputChunk, Phase, Task, TaskState

LIVE_STATES = frozenset(
    {
        TaskState.SUBMITTED,
        TaskState.PARTIALLY_DISPATCHED,
        TaskState.FULLY_DISPATCHED,
        TaskState.PARTIALLY_EXECUTING,
        TaskState.FULLY_EXECUTING,
        TaskState.UPLOADING_RESULTS,
    }
)
"""Instances of these tasks may be handed out. Any may follow any: a lost node sets a task back."""

WITHDRAWN_STATES = frozenset({TaskState.PENDING_CANCEL, TaskState.PENDING_DELETE})
"""Nobody wants these any more: attempts still running are to be dropped."""

MOVES: dict[TaskState, frozenset[TaskState]] = {
    **{state: (LIVE_STATES | ENDED_STATES | WITHDRAWN_STATES) - {state} for state in LIVE_STATES},
    TaskState.PENDING_CANCEL: frozenset({TaskState.CANCELLED, TaskState.PENDING_DELETE}),
    **{state: frozenset({TaskState.PENDING_DELETE}) for state in ENDED_STATES},
    TaskState.PENDING_DELETE: frozenset(),
}

MOST_ERRORS = 10
"""Different errors a task lists; every instance keeps its own."""

_ENDED_INSTANCES = (InstanceState.SUCCESS, InstanceState.FAILURE, InstanceState.CANCELLED)


class ForbiddenMove(Exception):
    """The task's state doesn't allow what was asked; the message says so to a person."""


def cancel(task: Task) -> None:
    """Withdraws a task. What waits is cancelled at once; what runs is dropped by its node, then it is Cancelled.

    Asked twice, the second changes nothing. Raises ForbiddenMove for a task that has ended.
    """
    _withdraw(task.pk, TaskState.PENDING_CANCEL)
    refresh_state(task.pk)


def delete(task: Task) -> None:
    """Removes a task, its instances and its output; one that runs when its last attempt is dropped.

    The result bucket is the account's and stays.
    """
    _withdraw(task.pk, TaskState.PENDING_DELETE)
    refresh_state(task.pk)


def fail_waiting(task: Task, code: str, message: str) -> None:
    """Ends every waiting instance of the task as failed, for a reason that isn't theirs."""
    _fail_waiting(task.pk, code, message)
    refresh_state(task.pk)


def refresh_state(task_uuid: UUID) -> None:
    """Makes the task's state what its instances say; ends or removes it when none is left to run.

    To be called after every change of an instance. Idempotent, and safe from anywhere at once:
    the count is taken under the lock of the task's row, so an older count never overwrites a newer one.
    What waited for its end is told after that, however long the chain of tasks is; the sweep heals where that is cut.
    """
    if _refresh(task_uuid):
        settle_dependents(task_uuid)


def settle_dependents(task_uuid: UUID) -> None:
    """After the end of a task: what waited for it is free, or fails, and so on along the chain."""
    fail_hopeless(dependencies.settle(task_uuid))


def fail_hopeless(tasks: Iterable[UUID]) -> None:
    """Ends tasks that wait for what won't come, and what waits for them. No recursion: a chain may be long."""
    hopeless = deque(tasks)
    while hopeless:
        task_uuid = hopeless.popleft()
        _fail_waiting(task_uuid, dependencies.NOT_FULFILLED, dependencies.NOT_FULFILLED_MESSAGE)
        if _refresh(task_uuid):
            hopeless.extend(dependencies.settle(task_uuid))


def _refresh(task_uuid: UUID) -> bool:
    """Whether the task has ended by it, or was removed."""
    _end_waiting_in_vain(task_uuid)
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(pk=task_uuid).first()
        if task is None or task.state in ENDED_STATES:
            return False
        state = state_of(TaskState(task.state), _standing(task))
        if state is None or state in ENDED_STATES:
            ledger.let_go([str(task_uuid)])
        if state is None:
            _remove(task)
        elif state != task.state:
            _move(task, state)
    has_ended = state is None or state in ENDED_STATES
    if has_ended and task.job_id:
        job_states.complete_if_done(task.job_id)
    return has_ended


def _fail_waiting(task_uuid: UUID, code: str, message: str) -> None:
    Instance.objects.filter(task=task_uuid, state=InstanceState.WAITING).update(
        state=InstanceState.FAILURE,
        ended_at=timezone.now(),
        error={"code": code, "message": message, "debug": ""},
    )


@dataclass(frozen=True)
class Standing:
    """How far a task's instances are. Only what runs is counted: there is never more of it than slots."""

    is_waiting: bool
    """Something is left to hand out."""
    phases: Counter[str]
    """Phase → how many running instances are in it."""
    ended: frozenset[str]
    """The states of those that have ended."""
    total: int

    @property
    def running(self) -> int:
        return self.phases.total()


def _standing(task: Task) -> Standing:
    """By the index of (task, state), whatever the number of instances."""
    of_state = {state: task.instances.filter(state=state) for state in InstanceState}
    phases = of_state[InstanceState.RUNNING].values("phase").annotate(count=Count("pk")).order_by()
    return Standing(
        is_waiting=of_state[InstanceState.WAITING].exists(),
        phases=Counter({row["phase"]: row["count"] for row in phases}),
        ended=frozenset(state for state in _ENDED_INSTANCES if of_state[state].exists()),
        total=task.total_instance_count,
    )


def state_of(current: TaskState, standing: Standing) -> TaskState | None:
    """The state of a task whose instances are so far; None: to be removed."""
    is_under_way = standing.is_waiting or standing.running > 0
    if current == TaskState.PENDING_DELETE:
        return current if is_under_way else None
    if current == TaskState.PENDING_CANCEL:
        return current if is_under_way else TaskState.CANCELLED
    if not is_under_way:
        return _end_state(standing.ended)
    if not standing.is_waiting and standing.phases[Phase.UPLOAD] == standing.running:
        return TaskState.UPLOADING_RESULTS
    return _live_state(standing)


def _live_state(standing: Standing) -> TaskState:
    """The state of a task that has something left to hand out or to execute."""
    executing, uploading = standing.phases[Phase.EXECUTION], standing.phases[Phase.UPLOAD]
    if executing == standing.total:
        return TaskState.FULLY_EXECUTING
    if executing or uploading or standing.ended:
        return TaskState.PARTIALLY_EXECUTING
    if standing.running == 0:
        return TaskState.SUBMITTED
    return TaskState.PARTIALLY_DISPATCHED if standing.is_waiting else TaskState.FULLY_DISPATCHED


def _end_state(ended: frozenset[str]) -> TaskState:
    if InstanceState.FAILURE in ended:
        return TaskState.FAILURE
    return TaskState.CANCELLED if InstanceState.CANCELLED in ended else TaskState.SUCCESS


def _withdraw(task_uuid: UUID, state: TaskState) -> None:
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(pk=task_uuid).first()
        if task is None or task.state == state:
            return
        _move(task, state)


def _end_waiting_in_vain(task_uuid: UUID) -> None:
    """What waits of a withdrawn task, and joins of tiles that won't come.

    Outside the lock of the task: a claim locks its instance first and then the task. An instance that a lost node
    gave back after the task was withdrawn is caught here too.
    """
    task = Task.objects.filter(pk=task_uuid).values("state", "tile_side").first()
    if task and task["state"] in WITHDRAWN_STATES:
        Instance.objects.filter(task=task_uuid, state=InstanceState.WAITING).update(
            state=InstanceState.CANCELLED, ended_at=timezone.now()
        )
    if task and task["tile_side"] > 1:
        tiles.fail_hopeless_joins(task_uuid)


def _move(task: Task, state: TaskState) -> None:
    """Compare and set: `task` was read under its lock, and moves only from what it was then."""
    if state not in MOVES[TaskState(task.state)]:
        raise ForbiddenMove(f"The task is {task.state} and can't become {state}.")
    now = timezone.now()
    ending: dict[str, Any] = {} if state in LIVE_STATES else {"queued_at": None}
    if state in ENDED_STATES:
        ending |= {"ended_at": now, "errors": _errors(task) if state == TaskState.FAILURE else []}
        if task.auto_delete:
            ending["delete_at"] = now + timedelta(seconds=task.time_to_live_seconds)
    Task.objects.filter(pk=task.pk, state=task.state).update(
        state=state,
        previous_state=task.state,
        previous_state_changed_at=F("state_changed_at"),
        state_changed_at=now,
        modified_at=now,
        **ending,
    )


def _errors(task: Task) -> list[dict[str, str]]:
    """The different errors of the failed instances, each with the instances it befell, most of them first; one at
    least."""
    befallen: dict[tuple[str, str], list[int]] = {}
    debugs: dict[tuple[str, str], str] = {}
    failed = task.instances.filter(state=InstanceState.FAILURE).order_by("instance_id")
    for instance_id, error in failed.values_list("instance_id", "error"):
        kind = ((error or {}).get("code", "UNKNOWN"), (error or {}).get("message", "The instance failed."))
        befallen.setdefault(kind, []).append(instance_id)
        debugs.setdefault(kind, (error or {}).get("debug", ""))
    return [
        {"code": kind[0], "message": f"{kind[1]} (instances {ranges.write(ids)})", "debug": debugs[kind]}
        for kind, ids in sorted(befallen.items(), key=lambda one: -len(one[1]))[:MOST_ERRORS]
    ]


def _remove(task: Task) -> None:
    """Children first: each is then one statement, where a cascade would load every row."""
    OutputChunk.objects.filter(task=task).delete()
    Attempt.objects.filter(instance__task=task).delete()
    task.delete()
