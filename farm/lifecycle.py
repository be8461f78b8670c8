"""The only writer of Task.state: what a task's state is, given its instances, and the moves it may make."""

from collections import Counter, deque
from collections.abc import Iterable
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
    _cancel_waiting_of_withdrawn(task_uuid)
    tiles.fail_hopeless_joins(task_uuid)
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(pk=task_uuid).first()
        if task is None or task.state in ENDED_STATES:
            return False
        rows = task.instances.values("state", "phase").annotate(count=Count("pk"))
        instances = Counter({(row["state"], row["phase"]): row["count"] for row in rows})
        state = state_of(TaskState(task.state), instances)
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


def state_of(current: TaskState, instances: Counter[tuple[str, str]]) -> TaskState | None:
    """The state of a task with so many instances of each (state, phase); None: to be removed."""
    states: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    for (state, phase), count in instances.items():
        states[state] += count
        if state == InstanceState.RUNNING:
            phases[phase] += count
    waiting, running = states[InstanceState.WAITING], states[InstanceState.RUNNING]
    if current == TaskState.PENDING_DELETE:
        return current if waiting + running else None
    if current == TaskState.PENDING_CANCEL:
        return current if waiting + running else TaskState.CANCELLED
    if waiting + running == 0:
        return _end_state(states)
    if waiting == 0 and phases[Phase.UPLOAD] == running:
        return TaskState.UPLOADING_RESULTS
    return _live_state(waiting, running, phases, total=states.total())


def _live_state(waiting: int, running: int, phases: Counter[str], total: int) -> TaskState:
    """The state of a task that has something left to hand out or to execute."""
    if phases[Phase.EXECUTION] == total:
        return TaskState.FULLY_EXECUTING
    past_execution = total - waiting - running + phases[Phase.UPLOAD]
    if phases[Phase.EXECUTION] + past_execution:
        return TaskState.PARTIALLY_EXECUTING
    if running == 0:
        return TaskState.SUBMITTED
    return TaskState.PARTIALLY_DISPATCHED if waiting else TaskState.FULLY_DISPATCHED


def _end_state(states: Counter[str]) -> TaskState:
    if states[InstanceState.FAILURE]:
        return TaskState.FAILURE
    return TaskState.CANCELLED if states[InstanceState.CANCELLED] else TaskState.SUCCESS


def _withdraw(task_uuid: UUID, state: TaskState) -> None:
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(pk=task_uuid).first()
        if task is None or task.state == state:
            return
        _move(task, state)


def _cancel_waiting_of_withdrawn(task_uuid: UUID) -> None:
    """Outside the lock of the task: a claim locks its instance first and then the task.

    An instance that a lost node gave back after the task was withdrawn is caught here too.
    """
    Instance.objects.filter(task=task_uuid, task__state__in=WITHDRAWN_STATES, state=InstanceState.WAITING).update(
        state=InstanceState.CANCELLED, ended_at=timezone.now()
    )


def _move(task: Task, state: TaskState) -> None:
    """Compare and set: `task` was read under its lock, and moves only from what it was then."""
    if state not in MOVES[TaskState(task.state)]:
        raise ForbiddenMove(f"The task is {task.state} and can't become {state}.")
    now = timezone.now()
    ending: dict[str, Any] = {}
    if state in ENDED_STATES:
        ending = {"ended_at": now, "errors": _errors(task) if state == TaskState.FAILURE else []}
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
    """The different errors of the failed instances, each with the instances it befell; at least one."""
    befallen: dict[tuple[str, str], list[int]] = {}
    debugs: dict[tuple[str, str], str] = {}
    failed = task.instances.filter(state=InstanceState.FAILURE).order_by("instance_id")
    for instance_id, error in failed.values_list("instance_id", "error"):
        kind = ((error or {}).get("code", "UNKNOWN"), (error or {}).get("message", "The instance failed."))
        befallen.setdefault(kind, []).append(instance_id)
        debugs.setdefault(kind, (error or {}).get("debug", ""))
    return [
        {"code": kind[0], "message": f"{kind[1]} (instances {ranges.write(ids)})", "debug": debugs[kind]}
        for kind, ids in list(befallen.items())[:MOST_ERRORS]
    ]


def _remove(task: Task) -> None:
    """Children first: each is then one statement, where a cascade would load every row."""
    OutputChunk.objects.filter(task=task).delete()
    Attempt.objects.filter(instance__task=task).delete()
    task.delete()
