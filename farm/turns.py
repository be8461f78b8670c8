"""Whose turn it is: slots are shared between people, then between a person's renders.

The account with the fewest running instances is next; of several, the one that was served longest ago, and of those
that have nothing running the one that waits longest. Within an account: the higher priority first, then the render
with the fewest running instances, then the older one. So a small job is not stuck behind a huge one, its owner's or
another's.

The work of one answer does not grow with what waits: each step reads the first rows of an index.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from accounts.models import Account
from farm.models import Instance, InstanceState, Node, Task

_FIRST_LOOK = 16
_LATER_LOOK = 256
"""Tasks read at once; more only where the first ones want other machines."""


@dataclass
class _Running:
    """What runs now, without the slot that asks if its own engine is warm."""

    of_task: Counter[UUID] = field(default_factory=Counter)
    of_account: Counter[int] = field(default_factory=Counter)
    served_at: dict[int, datetime] = field(default_factory=dict)
    account_of: dict[UUID, int] = field(default_factory=dict)

    def note(self, account: int, task: UUID, count: int, served_at: datetime) -> None:
        self.of_task[task] += count
        self.of_account[account] += count
        self.account_of[task] = account
        self.served_at[account] = max(served_at, self.served_at.get(account, served_at))


def tasks_in_turn(
    claimable: QuerySet[Task], node: Node, slot: str, warm_task: UUID | None
) -> Iterator[tuple[Account, Iterator[Task]]]:
    """Accounts in their turn, each with its tasks in theirs; none is without. `warm_task`'s engine is warm in the slot
    that asks: it wins over accounts and renders that have as many running *elsewhere*."""
    running = _running(node, slot, warm_task)
    warm_account = Task.objects.filter(pk=warm_task).values_list("account", flat=True).first() if warm_task else None
    for account in _accounts(claimable, running, warm_account):
        tasks = _tasks(claimable.filter(account=account), account, running, warm_task)
        first = next(tasks, None)
        if first is not None:
            yield account, chain([first], tasks)


def _running(node: Node, slot: str, warm_task: UUID | None) -> _Running:
    rows = Instance.objects.filter(state=InstanceState.RUNNING)
    if warm_task:
        rows = rows.exclude(node=node, slot=slot)
    found = _Running()
    by_task = rows.values_list("task__account", "task").annotate(count=Count("pk"), served_at=Max("started_at"))
    for account, task, count, served_at in by_task.order_by():
        found.note(account, task, count, served_at)
    return found


def _accounts(claimable: QuerySet[Task], running: _Running, warm_account: int | None) -> Iterator[Account]:
    seen = set(running.of_account)
    if warm_account is not None and warm_account not in seen:
        seen.add(warm_account)
        yield from Account.objects.filter(pk=warm_account)
    while (
        oldest := claimable.exclude(account__in=seen).select_related("account").order_by("queued_at").first()
    ) is not None:
        seen.add(oldest.account_id)
        yield oldest.account
    busy = Account.objects.in_bulk(list(running.of_account))
    yield from sorted(
        busy.values(), key=lambda one: (running.of_account[one.pk], one.pk != warm_account, running.served_at[one.pk])
    )


def _tasks(tasks: QuerySet[Task], account: Account, running: _Running, warm_task: UUID | None) -> Iterator[Task]:
    """Those that have nothing running come as the index has them; those that have are few, and take their place."""
    begun_ids = [task for task, owner in running.account_of.items() if owner == account.pk]
    begun = list(tasks.filter(pk__in=begun_ids)) if begun_ids else []
    if warm_task and warm_task not in begun_ids:
        begun += tasks.filter(pk=warm_task)
    known = [task.pk for task in begun]

    def place(task: Task) -> tuple[int, int, bool, datetime]:
        return (-task.priority, running.of_task[task.pk], task.pk != warm_task, task.queued_at or task.created_at)

    begun.sort(key=place)
    for fresh in _pages(tasks.exclude(pk__in=known) if known else tasks):
        while begun and place(begun[0]) < place(fresh):
            yield begun.pop(0)
        yield fresh
    yield from begun


def _pages(tasks: QuerySet[Task]) -> Iterator[Task]:
    ordered, start, size = tasks.order_by("-priority", "queued_at"), 0, _FIRST_LOOK
    while page := list(ordered[start : start + size]):
        yield from page
        if len(page) < size:
            return
        start, size = start + size, _LATER_LOOK
