"""The farm's seats of a licence, which are never oversold.

A seat is a slot's: while a slot has an instance of the licence in hand, it may take the next one before it has reported
the last, so a warm engine never holds a seat that nobody counts. Seats in use are counted from the rows of running
instances: what ends an instance, be it a lost lease, gives its seat back. A machine drops what it can't report in time
before its lease is over; what the farm takes from it at once still counts for ENDS_WITHIN.
"""

from collections import defaultdict
from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper, Q
from django.db.models.functions import Now

from farm import wakes
from farm.models import Attempt, Instance, InstanceState, Licence, Node, Task

ENDS_WITHIN = timedelta(seconds=5)
"""A slot hears at its next beat that its instance was stopped, and its engine has a moment to end."""

_Slot = tuple[int | None, str]
"""A node and one of its seats for an engine."""


def take(task: Task, node: Node, slot: str) -> bool:
    """Whether the slot may begin an instance of the task. Inside the transaction of the claim: the lock of the
    licence's row keeps every other claim of it out until the instance runs."""
    if task.licence_id is None or task.brings_licence:
        return True
    licence = Licence.objects.select_for_update().filter(pk=task.licence_id).first()
    return licence is None or _has_one(licence, _slots_in_use(licence)[licence.pk], node, slot)


def none_for(node: Node, slot: str) -> list[int]:
    """The licences of which this slot would get no seat now: a hint, for looking elsewhere first."""
    every = list(Licence.objects.all())
    in_use = _slots_in_use() if every else {}
    return [one.pk for one in every if not _has_one(one, in_use.get(one.pk, set()), node, slot)]


def in_use(licence: Licence) -> int:
    return len(_slots_in_use(licence)[licence.pk])


def free(licence: Licence) -> int:
    """Never below 0, where the operator has taken seats away meanwhile."""
    return max(0, licence.seats - in_use(licence))


def why_waiting(task: Task) -> str:
    """A sentence where the task waits for a seat; else empty."""
    licence = task.licence
    if licence is None or not are_needed(task) or free(licence) > 0:
        return ""
    taken = {0: "the farm has none at the moment", 1: "the only seat is in use"}
    what = taken.get(licence.seats, f"all {licence.seats} seats are in use")
    return f"It waits for a {licence.title} licence: {what}."


def came_free(attempt: Attempt) -> None:
    """An instance ended: wakes slots where another one waits for its seat, unless its own slot goes on with it. One
    that counts for a moment longer is found free by the sweep."""
    task = attempt.instance.task
    if task.licence is None or not are_needed(task) or not free(task.licence):
        return
    if Instance.objects.filter(state=InstanceState.WAITING, task__licence=task.licence).exists():
        wakes.wake()


def are_needed(task: Task) -> bool:
    """Of the farm's own."""
    return task.licence_id is not None and not task.brings_licence


def _has_one(licence: Licence, taken: set[_Slot], node: Node, slot: str) -> bool:
    """Where the operator has taken seats away, slots that are in use give theirs up until few enough are left."""
    return len(taken | {(node.pk, slot)}) <= licence.seats


def _slots_in_use(only: Licence | None = None) -> defaultdict[int, set[_Slot]]:
    """Licence → the slots that have an instance of it in hand, or had one a moment ago that was taken from them."""
    of_farm = Q(task__licence=only) if only else Q(task__licence__isnull=False)
    running = Instance.objects.filter(of_farm, state=InstanceState.RUNNING, task__brings_licence=False)
    found: defaultdict[int, set[_Slot]] = defaultdict(set)
    for licence, node, slot in running.values_list("task__licence", "node", "slot").distinct():
        found[licence].add((node, slot))
    for attempt in _taken_away():
        if attempt.instance.task.licence_id is not None:
            slot = attempt.instance.slot or f"attempt {attempt.pk}"  # what is handed out again forgets its slot
            found[attempt.instance.task.licence_id].add((attempt.node_id, slot))
    return found


def _taken_away() -> list[Attempt]:
    """What was stopped, or taken from a machine that left the farm, just now. Read from the index of each machine's
    newest attempts."""
    lately = ExpressionWrapper(Now() - ENDS_WITHIN, output_field=DateTimeField())
    is_taken = Q(outcome=Attempt.Outcome.STOPPED)
    is_taken |= Q(outcome=Attempt.Outcome.RELEASED, node__retired_at__isnull=False)
    nodes = list(Node.objects.values_list("pk", flat=True))
    recent = Attempt.objects.filter(is_taken, node__in=nodes, ended_at__gt=lately)
    return list(recent.filter(instance__task__brings_licence=False).select_related("instance__task"))
