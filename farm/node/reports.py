"""What a node says about an attempt. Every report is a compare-and-set on (instance, attempt number, running):
a report of an old attempt changes nothing and answers False.

A scene's own failures are counted against `Task.max_attempts`; a node that goes silent is not the scene's
fault, but a scene that takes its nodes with it is stopped after MAX_LOSSES. Nor is it the scene's fault what a
machine is unable to do: the frame goes to another machine, or is given up where there is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Greatest, Now

from accounts import ledger
from farm import avoidance, lifecycle, scene_faults, scheduler, seats, second_tries, snapshots, spending, wakes
from farm.models import Attempt, Instance, InstanceState, Node, Task
from farm.node.meters import Reading

MAX_LOSSES = 10
"""Attempts lost, and attempts that machines were unable to make, together."""
MAX_UNABLE_ALONE = 3
"""Attempts that machines were unable to make, where no other machine is left to try."""

_NOTHING_READ = Reading()

Error = dict[str, str]
"""{code, message, debug}, as the API tells it."""


@dataclass(frozen=True)
class Spent:
    """Where an attempt's time went, so far, and how fast the processor ran in it."""

    download_seconds: float = 0.0
    environment_seconds: float = 0.0
    execution_seconds: float = 0.0
    upload_seconds: float = 0.0
    wall_seconds: float = 0.0
    average_frequency_ghz: float = 0.0


def heartbeat(
    attempt: Attempt,
    *,
    phase: str,
    progress: float = 0.0,
    reading: Reading = _NOTHING_READ,
    spent: Spent | None = None,
) -> bool:
    """Renews the lease. False: the instance is no longer this attempt's, or its task is being cancelled; drop it."""
    wanted = Task.objects.filter(pk=attempt.instance.task_id, state__in=lifecycle.LIVE_STATES)
    renewed = (
        _held(attempt)
        .filter(task__in=wanted.values("pk"))
        .update(
            lease_until=scheduler.lease_end(),
            phase=phase,
            progress=progress,
            peak_memory_mb=Greatest(F("peak_memory_mb"), Value(float(reading.memory_mb))),
            **reading._asdict(),
            **(asdict(spent) if spent else {}),
        )
    )
    return bool(renewed)


def is_cancel_asked(attempt: Attempt) -> bool:
    """After a refused heartbeat: still ours, but somebody wants it stopped?"""
    return _held(attempt).filter(task__state__in=lifecycle.WITHDRAWN_STATES).exists()


def succeeded(
    attempt: Attempt, *, results: Sequence[str], spent: Spent, before_told: Callable[[], None] = lambda: None
) -> bool:
    """Its files are in the bucket: the instance is done and its time is charged, once.

    `before_told` is called when nobody can take the attempt any more, and the task has not ended by it yet.
    """
    task = attempt.instance.task
    with transaction.atomic():
        values = {"results": list(results), "progress": 100.0, **asdict(spent)}
        if not _end(attempt, InstanceState.SUCCESS, Attempt.Outcome.SUCCESS, **values):
            return False
        Task.objects.filter(pk=task.pk).update(results_count=F("results_count") + 1)
        ledger.charge(
            task.account,
            spending.charge_for(spent.execution_seconds, task),
            f"{task.name}, frame {attempt.instance.frame}",
            reference=str(task.pk),
            key=f"attempt:{attempt.pk}",
            cap=task.cap_seconds,
        )
    avoidance.note_success(attempt.node_id)
    before_told()
    lifecycle.refresh_state(task.pk)
    return True


def failed(attempt: Attempt, error: Error, *, is_final: bool = False, spent: Spent | None = None) -> bool:
    """The scene's or the engine's fault. Tried again until the task's attempts are used up, unless final."""
    with transaction.atomic():
        instance = _held(attempt).select_for_update(of=("self",)).select_related("task").first()
        if instance is None:
            return False
        failures = instance.failure_count + 1
        is_over = is_final or failures >= instance.task.max_attempts or not _has_retry_left(instance.task)
        is_over = is_over or scene_faults.has_stopped(instance.task)
        state = InstanceState.FAILURE if is_over else InstanceState.WAITING
        values: dict[str, Any] = {"failure_count": failures, "error": error, **(asdict(spent) if spent else {})}
        if not _end(attempt, state, Attempt.Outcome.FAILURE, is_final=is_final, **values):
            return False
    avoidance.note_failure(attempt)
    if is_over:
        scene_faults.stop_if_it_is_the_scenes(attempt, error, is_final=is_final)
    _tell(attempt, state)
    return True


def _has_retry_left(task: Task) -> bool:
    """Of those that all its instances have together. Under the lock of the task: two that fail at once don't share."""
    if task.max_total_retries is None:
        return True
    Task.objects.select_for_update().get(pk=task.pk)
    failed = Instance.objects.filter(task=task, failure_count__gt=0)
    failures = failed.aggregate(sum=Sum("failure_count", default=0))["sum"]
    final = failed.filter(state=InstanceState.FAILURE).count()
    return failures - final < task.max_total_retries


def released(attempt: Attempt) -> bool:
    """The node gives it back unharmed: it stops, or claimed more than it can use."""
    if not _end(attempt, InstanceState.WAITING, Attempt.Outcome.RELEASED):
        return False
    _tell(attempt, InstanceState.WAITING)
    return True


def cancelled(attempt: Attempt, *, results: Sequence[str] = (), spent: Spent | None = None) -> bool:
    """The work of a cancelled task was dropped (`results`: what was kept because the order says so)."""
    values = {"results": list(results), **(asdict(spent) if spent else {})}
    if not _end(attempt, InstanceState.CANCELLED, Attempt.Outcome.CANCELLED, **values):
        return False
    if results:
        Task.objects.filter(pk=attempt.instance.task_id).update(results_count=F("results_count") + 1)
    _tell(attempt, InstanceState.CANCELLED)
    return True


def stopped(attempt: Attempt, error: Error) -> bool:
    """The farm itself ended it: the task may spend no more (farm.node.stopping). It costs nothing."""
    if not _end(attempt, InstanceState.FAILURE, Attempt.Outcome.STOPPED, error=error):
        return False
    _tell(attempt, InstanceState.FAILURE)
    return True


def lost(attempt: Attempt, *, only_if_expired: bool = False, reason: str = "") -> bool:
    """The node went silent, or its work was taken from it. Handed out again, MAX_LOSSES times at most."""
    losses = _losses(attempt) + 1
    is_over = losses >= MAX_LOSSES
    error: Error = {
        "code": "NODE_LOST",
        "message": f"The machine rendering this frame was lost {losses} times; it was not tried again. "
        "The scene may need more memory than the machines have.",
        "debug": reason,
    }
    state = InstanceState.FAILURE if is_over else InstanceState.WAITING
    values: dict[str, Any] = {"error": error} if is_over else {}
    if not _end(attempt, state, Attempt.Outcome.LOST, only_if_expired=only_if_expired, **values):
        return False
    avoidance.note_failure(attempt)
    _tell(attempt, state)
    return True


def unable(attempt: Attempt, error: Error, *, spent: Spent | None = None) -> bool:
    """The machine's own fault. Another one takes it; where none may, this one has MAX_UNABLE_ALONE attempts."""
    task = attempt.instance.task
    count = attempt.instance.attempts.filter(outcome=Attempt.Outcome.UNABLE).count() + 1
    is_alone = count >= MAX_UNABLE_ALONE and not second_tries.fits_elsewhere(task, attempt.node_id, error["code"])
    is_over = is_alone or _losses(attempt) + 1 >= MAX_LOSSES
    state = InstanceState.FAILURE if is_over else InstanceState.WAITING
    values = {"error": error, **(asdict(spent) if spent else {})}
    if not _end(attempt, state, Attempt.Outcome.UNABLE, **values):
        return False
    avoidance.note_failure(attempt)
    _tell(attempt, state)
    return True


def _losses(attempt: Attempt) -> int:
    return attempt.instance.attempts.filter(outcome__in=[Attempt.Outcome.LOST, Attempt.Outcome.UNABLE]).count()


def give_back_predecessors(node: Node, slot: str) -> int:
    """What a dead process of the same slot still held, at the start of its successor. Returns how many."""
    held = _held_by(node).filter(instance__slot=slot)
    return sum(lost(attempt, reason="the slot's process ended without a word") for attempt in held)


def take_back_from(node: Node) -> int:
    """What a machine that is taken out of the farm renders goes to others at once; nobody is charged. How many."""
    return sum(released(attempt) for attempt in _held_by(node))


def _held_by(node: Node) -> QuerySet[Attempt]:
    return Attempt.objects.filter(
        outcome=Attempt.Outcome.RUNNING,
        instance__state=InstanceState.RUNNING,
        instance__node=node,
        number=F("instance__attempt_count"),
    ).select_related("instance__task__account")


def _held(attempt: Attempt) -> Any:
    return Instance.objects.filter(pk=attempt.instance_id, state=InstanceState.RUNNING, attempt_count=attempt.number)


@transaction.atomic
def _end(
    attempt: Attempt,
    state: InstanceState,
    outcome: Attempt.Outcome,
    *,
    only_if_expired: bool = False,
    is_final: bool = False,
    **values: Any,
) -> bool:
    held = _held(attempt)
    if only_if_expired:
        held = held.filter(lease_until__lt=Now())
    is_handed_out_again = state == InstanceState.WAITING
    if is_handed_out_again:
        values |= {"node": None, "slot": "", "started_at": None, "progress": 0.0}
    ended_at = None if is_handed_out_again else Now()
    won = held.update(state=state, phase="", lease_until=None, ended_at=ended_at, **_NOTHING_READ._asdict(), **values)
    if not won:
        return False
    has_results = outcome in (Attempt.Outcome.SUCCESS, Attempt.Outcome.CANCELLED)
    snapshots.instance_ended(attempt.instance_id, is_success=has_results)
    _note_end(attempt, outcome, values.get("error"), is_final=is_final)
    seats.came_free(attempt)
    return True


def _note_end(attempt: Attempt, outcome: Attempt.Outcome, error: Error | None, *, is_final: bool) -> None:
    """Its seconds are what was told of it last, whoever ends it: a machine that went silent used its energy too."""
    told = Instance.objects.filter(pk=attempt.instance_id).values("execution_seconds")
    noted = {**error, "is_final": True} if error and is_final else error
    Attempt.objects.filter(pk=attempt.pk).update(
        outcome=outcome, ended_at=Now(), error=noted, execution_seconds=Subquery(told)
    )


def _tell(attempt: Attempt, state: InstanceState) -> None:
    lifecycle.refresh_state(attempt.instance.task_id)
    if state == InstanceState.WAITING:
        wakes.wake()
