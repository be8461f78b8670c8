"""Why an instance waits, and how many go before it: one answer, by the rules that the scheduler follows itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q

from farm import (
    avoidance,
    dependencies,
    heat,
    lifecycle,
    limits,
    matching,
    positions,
    seats,
    second_tries,
    spending,
    tiles,
    wakes,
)
from farm.models import Instance, InstanceState, Node, Task


class WaitsFor(StrEnum):
    """The words of the API's `waitingCode`."""

    DEPENDENCY = "dependency"
    TILES = "tiles"
    HOURS = "hours"
    LIMIT = "limit"
    MACHINE = "machine"
    HARDWARE = "hardware"
    SEAT = "seat"
    RETRY = "retry"
    HEAT = "heat"
    SLOT = "slot"


@dataclass(frozen=True)
class Wait:
    """`position`: 1 is the next; None where no line is what it waits in."""

    code: WaitsFor
    sentence: str
    position: int | None = None


def why_task_waits(task: Task) -> Wait | None:
    """Of its first instance that waits; None when something of the task runs, or nothing waits."""
    if task.state not in lifecycle.LIVE_STATES or task.instances.filter(state=InstanceState.RUNNING).exists():
        return None
    first = task.instances.filter(state=InstanceState.WAITING).order_by("instance_id").first()
    return why_waiting(first, task) if first else None


def why_waiting(instance: Instance, task: Task) -> Wait | None:
    """None for an instance that doesn't wait."""
    if instance.state != InstanceState.WAITING or task.state not in lifecycle.LIVE_STATES:
        return None
    awake = list(wakes.awake_nodes().select_related("site").annotate(busy=_busy()).order_by("name"))
    for reason in _REASONS:
        wait = reason(instance, task, awake)
        if wait is not None:
            return wait
    return _in_line(instance, task, _that_take(task, awake))


_Reason = Callable[[Instance, Task, Sequence[Node]], Wait | None]


def _another_task(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    sentence = dependencies.why_waiting(task)
    return Wait(WaitsFor.DEPENDENCY, sentence) if sentence else None


def _its_tiles(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    if task.tile_side == 1 or tiles.ready_of(task, task.instances.filter(pk=instance.pk)).exists():
        return None
    return Wait(WaitsFor.TILES, "It puts the tiles of its picture together, as soon as all of them are rendered.")


def _hours(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    sentence = spending.why_not_begin(task)
    return Wait(WaitsFor.HOURS, sentence) if sentence else None


def _own_limit(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    most = limits.most_running(task.account)
    if most is None or limits.has_room(task.account):
        return None
    if most == 0:
        return Wait(WaitsFor.LIMIT, "This account may not render at the moment. Ask the operator of the farm.")
    if most == 1:
        return Wait(WaitsFor.LIMIT, "This account renders one frame at a time. It goes on when that one is done.")
    return Wait(
        WaitsFor.LIMIT, f"This account renders {most:,} frames at once at most. It goes on when one of them is done."
    )


def _machines(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    found = matching.fitting(awake, task)
    if found.nodes:
        return None
    return Wait(WaitsFor.HARDWARE if found.is_hardware else WaitsFor.MACHINE, found.obstacle)


def _seat(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    sentence = seats.why_waiting(task)
    return Wait(WaitsFor.SEAT, sentence) if sentence else None


def _another_machine(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    """Where every machine that is free is one that it failed on."""
    better = second_tries.better_nodes(instance, task) if instance.attempt_count else []
    if not better or any(_is_free(node) for node in awake if node in better):
        return None
    names = " or ".join(sorted(node.name for node in better)[:3])
    return Wait(WaitsFor.RETRY, f"It failed before and is tried again on another machine, {names}, when that is free.")


def _warm_town(instance: Instance, task: Task, awake: Sequence[Node]) -> Wait | None:
    free = [node for node in _that_take(task, awake) if _is_free(node)]
    cold = next((node for node in free if not heat.is_wanted(node.site)), None)
    heaters = heat.IdleHeaters(cold).come_first(task) if cold else []
    if not heaters:
        return None
    return Wait(WaitsFor.HEAT, f"A machine in {heat.towns(heaters)}, where heat is wanted, takes it in a moment.")


_REASONS: tuple[_Reason, ...] = (
    _another_task,
    _its_tiles,
    _hours,
    _own_limit,
    _machines,
    _seat,
    _another_machine,
    _warm_town,
)
"""The first that holds is the answer; where none does, it is in line for a slot."""


def _in_line(instance: Instance, task: Task, nodes: Sequence[Node]) -> Wait:
    if any(_is_free(node) for node in nodes):
        return Wait(WaitsFor.SLOT, "A machine is free and takes it in a moment.")
    return Wait(WaitsFor.SLOT, "All machines are busy.", positions.position_of(instance, task))


def _that_take(task: Task, awake: Sequence[Node]) -> list[Node]:
    return avoidance.taking(matching.fitting(awake, task).nodes)


def _busy() -> Count:
    return Count("instances__slot", filter=Q(instances__state=InstanceState.RUNNING), distinct=True)


def _is_free(node: Node) -> bool:
    return node.busy < node.slot_count  # type: ignore[attr-defined]  # annotated by why_waiting
