"""Tasks that wait for the ends of others: the only writer of Dependency.state and Task.waits_for_tasks.

A wish is settled when the task it names has ended, or is gone. `dependsOn` takes any end, `advancedDependsOn` the
final states it names, or any; a task that was deleted before it ended never ends. A task is free when all its wishes
are fulfilled. One that is not fulfilled leaves it nothing to wait for: its instances fail (farm.lifecycle), so that
whoever waits for it in turn learns of it too.

A task can only wait for tasks that were there before it: nobody waits for himself by any detour.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Account
from farm import wakes
from farm.models import ENDED_STATES, Dependency, Task
from farm.task_file import Wish

NOT_FULFILLED = "DEPENDENCY_NOT_FULFILLED"
NOT_FULFILLED_MESSAGE = (
    "A task that this one waited for did not end as it was to. Look at that task, then submit this one again."
)


def missing(account: Account, wishes: Sequence[Wish]) -> list[UUID]:
    """The tasks waited for that the account doesn't have."""
    asked = [wish.on_uuid for wish in wishes]
    there = set(Task.objects.filter(account=account, pk__in=asked).values_list("pk", flat=True)) if asked else set()
    return [uuid for uuid in asked if uuid not in there]


def attach(task: Task, wishes: Sequence[Wish]) -> None:
    """To be followed by `settle` of each task waited for: some may have ended already."""
    Dependency.objects.bulk_create(
        Dependency(task=task, on_uuid=wish.on_uuid, final_states=list(wish.final_states), is_advanced=wish.is_advanced)
        for wish in wishes
    )
    if wishes:
        Task.objects.filter(pk=task.pk).update(waits_for_tasks=True, queued_at=None)


def settle(on_uuid: UUID) -> list[UUID]:
    """After the end of a task: who waited for it goes on, or is answered with as hopeless. Nothing if it still runs."""
    final_state = _final_state(on_uuid)
    if final_state is None:
        return []
    _mark(on_uuid, final_state)
    return decide(Task.objects.filter(dependencies__on_uuid=on_uuid))


def decide(tasks: QuerySet[Task]) -> list[UUID]:
    """Frees those of the tasks that wait for nothing more. The others that can't be freed any more are answered."""
    of_task = Dependency.objects.filter(task=OuterRef("pk"))
    waiting = tasks.filter(waits_for_tasks=True).exclude(state__in=ENDED_STATES)
    is_open = Exists(of_task.exclude(state=Dependency.State.FULFILLED))
    free = list(waiting.filter(~is_open).values_list("pk", flat=True))
    if Task.objects.filter(pk__in=free).update(waits_for_tasks=False, queued_at=timezone.now()):
        wakes.wake()
    is_hopeless = Exists(of_task.filter(state=Dependency.State.NOT_FULFILLED))
    return list(waiting.filter(is_hopeless).values_list("pk", flat=True))


def overdue() -> list[UUID]:
    """Tasks that ended or are gone without that those who wait for them were told."""
    goes_on = Task.objects.filter(pk=OuterRef("on_uuid")).exclude(state__in=ENDED_STATES)
    waiting = Dependency.objects.filter(~Exists(goes_on), state=Dependency.State.WAITING)
    return list(waiting.values_list("on_uuid", flat=True).distinct())


def why_waiting(task: Task) -> str:
    """Which tasks it waits for, in a sentence; empty when none."""
    asked = task.dependencies.filter(state=Dependency.State.WAITING).values_list("on_uuid", flat=True)
    names = list(Task.objects.filter(pk__in=asked).order_by("created_at").values_list("name", flat=True))
    if not task.waits_for_tasks or not names:
        return ""
    listed = ", ".join(f"“{name}”" for name in names[:3]) + (f" and {len(names) - 3:,} more" if names[3:] else "")
    return f"It waits for the end of {listed}."


def _final_state(on_uuid: UUID) -> str | None:
    """The word of the API; "" for a task that is gone, None for one that goes on."""
    state = Task.objects.filter(pk=on_uuid).values_list("state", flat=True).first()
    if state is None:
        return ""
    return state.lower() if state in ENDED_STATES else None


def _mark(on_uuid: UUID, final_state: str) -> None:
    waiting = Dependency.objects.filter(on_uuid=on_uuid, state=Dependency.State.WAITING)
    for dependency in waiting:
        is_fulfilled = bool(final_state) and final_state in (dependency.final_states or [final_state])
        Dependency.objects.filter(pk=dependency.pk, state=Dependency.State.WAITING).update(
            state=Dependency.State.FULFILLED if is_fulfilled else Dependency.State.NOT_FULFILLED,
            actual_final_state=final_state,
        )
