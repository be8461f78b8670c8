"""What a task may spend: never more than its cap, nor than its hold and the account's free hours.

All amounts are render seconds: seconds of execution × the task's rate. What executes counts before it is charged.
A task whose instances need more than their hold shares the free hours with the others that do; what is held for one
task no other can reach. When what runs would pass the limit within the next second, the task is to be stopped
(farm.node.stopping).
"""

import math
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from accounts import ledger
from accounts.models import Account
from farm.models import ENDED_STATES, Instance, InstanceState, Phase, Task

LOOK_SECONDS = 1.0
"""A task is stopped when its executing instances can't go on for so long."""
HELD_SECONDS_AN_INSTANCE = 60
"""Of execution, where an order has no cap: nobody knows yet what a frame takes."""
CAP_REACHED = "CAP_REACHED"
NO_HOURS = "NO_HOURS"
NO_HOURS_MESSAGE = (
    "No render hours are left on this account. Ask the operator for more, then render these frames again."
)
HELD_MESSAGE = (
    "The render hours left on this account are held for other renders. Wait until one of them has ended, or ask the "
    "operator for more, then render these frames again."
)


@dataclass(frozen=True)
class Stop:
    """Why a task is to end before its frames are done."""

    code: str
    message: str


@dataclass(frozen=True)
class _Running:
    """Of one task. What has executed and waits for its upload costs, and takes no more."""

    cost: float = 0.0
    executing_count: int = 0
    """And what is on its way there."""


_NOTHING = _Running()


def refusal(account: Account) -> str | None:
    """Why the account can't order anything now; None where it has free hours."""
    if Purse(account).free >= 1:
        return None
    if ledger.balance_seconds(account) <= 0:
        return "Not enough credits: no render hours are left on this account."
    return (
        "Not enough credits: all render hours left on this account are held for renders that are under way. "
        "What they don't use is free again when they end."
    )


def hold(task: Task) -> None:
    """Sets aside what the order may need, as far as there is so much. Inside the order's transaction.

    A cap is the person's word. A guess takes half of what is free at most: else one long film would stop the renders
    under way, most of which take longer than guessed, and keep the next one from being ordered.
    """
    free = math.floor(Purse(task.account).free)
    guess = math.ceil(task.total_instance_count * HELD_SECONDS_AN_INSTANCE * task.rate)
    wanted = min(guess, free // 2) if task.cap_seconds is None else min(task.cap_seconds, free)
    ledger.hold(task.account, wanted, task.name, reference=str(task.pk))


def let_go_of_ended() -> None:
    """Heals holds of tasks that have ended, or are gone, without their holds having been let go."""
    held = set(ledger.held_references())
    open_tasks = Task.objects.exclude(state__in=ENDED_STATES).values_list("pk", flat=True)
    ledger.let_go(held - {str(pk) for pk in open_tasks})


def charge_for(execution_seconds: float, task: Task) -> int:
    """Render seconds that an instance costs, at least one."""
    return max(1, math.ceil(execution_seconds * task.rate))


def why_not_begin(task: Task) -> str:
    """The sentence for a task of which nothing more may be handed out now; empty when something may."""
    return Purse(task.account).why_not_begin(task)


def executing(task: Task) -> QuerySet[Instance]:
    """What could be dropped, what lost the least first. Uploading, an instance has had its time: it is let finish."""
    running = Instance.objects.filter(task=task, state=InstanceState.RUNNING)
    return running.exclude(phase=Phase.UPLOAD).order_by("execution_seconds", "-instance_id")


def until_next_look(task: Task, count: int) -> float:
    """What so many executing instances cost until somebody looks again."""
    return count * task.rate * LOOK_SECONDS


class Purse:
    """What an account has at one moment, read once and asked for each of its tasks."""

    def __init__(self, account: Account) -> None:
        self._balance = ledger.balance_seconds(account)
        self._holds = {hold.reference: hold.seconds for hold in ledger.holds_under_way(account)}
        self._running = _running_of(account)

    @property
    def free(self) -> float:
        """Render seconds that are held for nothing, and that nothing which runs has used beyond its hold."""
        return max(0.0, self._balance - self._taken())

    def why_not_begin(self, task: Task) -> str:
        """Empty when one more instance of the task may be handed out."""
        need = until_next_look(task, self._of(task).executing_count + 1)
        if self._left_of_cap(task) < need:
            return "What renders now may use the rest of its limit; the next frame begins if something is left of it."
        if self._left_of_hours(task) < need:
            return (
                "What renders now may use the hours that are left; the next frame begins if something is left of them."
            )
        return ""

    def why_stop(self, task: Task) -> Stop | None:
        need = until_next_look(task, max(1, self._of(task).executing_count))
        if self._left_of_cap(task) < need:
            return Stop(CAP_REACHED, _cap_message(task))
        if self._left_of_hours(task) < need:
            is_held = self._balance > 0 and self._taken(beside=task) > 0
            return Stop(NO_HOURS, HELD_MESSAGE if is_held else NO_HOURS_MESSAGE)
        return None

    def left(self, task: Task) -> float:
        """Render seconds the task may use beside what its running instances have cost so far."""
        return min(self._left_of_cap(task), self._left_of_hours(task))

    def seconds_until_spent(self, task: Task) -> float:
        """Of time, at the soonest, if no more instances begin."""
        return self.left(task) / until_next_look(task, max(1, self._of(task).executing_count)) * LOOK_SECONDS

    def _of(self, task: Task) -> _Running:
        return self._running.get(task.pk, _NOTHING)

    def _own_hold(self, task: Task) -> int:
        return self._holds.get(str(task.pk), 0)

    def _left_of_cap(self, task: Task) -> float:
        if task.cap_seconds is None:
            return math.inf
        return task.cap_seconds - ledger.charged_seconds(str(task.pk)) - self._of(task).cost

    def _left_of_hours(self, task: Task) -> float:
        own = self._own_hold(task)
        free = max(0.0, self._balance - own - self._taken(beside=task))
        return min(self._balance, own + free) - self._of(task).cost

    def _taken(self, beside: Task | None = None) -> float:
        """What is held for tasks, and what those that run have used beyond it."""
        costs = {str(pk): running.cost for pk, running in self._running.items()}
        others = (costs.keys() | self._holds.keys()) - ({str(beside.pk)} if beside else set())
        return sum(max(self._holds.get(other, 0), costs.get(other, 0.0)) for other in others)


def _running_of(account: Account) -> dict[UUID, _Running]:
    running: dict[str, Any] = {"state": InstanceState.RUNNING, "task__account": account}
    rows = (
        Instance.objects.filter(**running)
        .values("task", "task__rate")
        .annotate(seconds=Sum("execution_seconds"), executing=Count("pk", filter=~Q(phase=Phase.UPLOAD)))
        .order_by()
    )
    return {row["task"]: _Running(row["seconds"] * row["task__rate"], row["executing"]) for row in rows}


def _cap_message(task: Task) -> str:
    hours = f"{(task.cap_seconds or 0) / ledger.SECONDS_AN_HOUR:,.2f}".rstrip("0").rstrip(".")
    limit = f"{hours} render hour{'' if hours == '1' else 's'}" if hours != "0" else f"{task.cap_seconds} s"
    return f"It stopped at its limit of {limit}. Raise the limit, or render the missing frames with a new one."
