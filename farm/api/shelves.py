"""What an account can look through over the API: its tasks, and its jobs."""

import contextlib
from typing import Any
from uuid import UUID

from django.db.models import Exists, FloatField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Account
from farm.api.filters import Table
from farm.api.listing import EXECUTED, Row, Shelf
from farm.models import Instance, Job, JobState, Tag, Task, TaskState
from farm.submission import Refused

MOST_INSTANCES = 20_000
"""A page of full tasks ends early after so many instances: its memory is bounded."""

_COLUMNS = {
    "uuid": "uuid",
    "name": "name",
    "shortname": "shortname",
    "state": "state",
    "previousstate": "previous_state",
    "creationdate": "created_at",
    "lastmodified": "modified_at",
    "statetransitiontime": "state_changed_at",
}
_TASK_COLUMNS = _COLUMNS | {
    "profile": "profile",
    "jobuuid": "job_id",
    "enddate": "ended_at",
    "resultbucket": "result_bucket",
    "instancecount": "instance_count",
    "totalinstancecount": "total_instance_count",
    "resultscount": "results_count",
}
_SORTED_BY = {"creationdate": "created_at", "name": "name", "state": "state"}


def find(rows: QuerySet[Row], noun: str, name: str) -> Row:
    """The one of that uuid or shortname. Raises Refused 404."""
    is_named = Q(shortname=name)
    with contextlib.suppress(ValueError):
        is_named |= Q(uuid=UUID(name))
    found = rows.filter(is_named).first()
    if found is None:
        raise Refused(404, f"No such {noun}: {name}")
    return found


def tasks(account: Account, *, in_full: bool = True) -> Shelf[Task]:
    """In full they come with their tags and dependencies."""
    rows = Task.objects.filter(account=account)
    executed = (
        Instance.objects.filter(task=OuterRef("pk")).order_by().values("task").annotate(sum=Sum("execution_seconds"))
    )
    return Shelf(
        rows.select_related("licence").prefetch_related("tags", "dependencies") if in_full else rows,
        Table("Tasks", _TASK_COLUMNS, TaskState, _tagged_task),
        _SORTED_BY | {"executiontime": EXECUTED},
        sums={EXECUTED: Coalesce(Subquery(executed.values("sum")), 0.0, output_field=FloatField())},
        weight=lambda task: task.total_instance_count,
        heaviest=MOST_INSTANCES if in_full else 0,
    )


def jobs(account: Account) -> Shelf[Job]:
    table = Table("Jobs", _COLUMNS, JobState, lambda operator, value: _tagged_job(account, operator, value))
    return Shelf(Job.objects.filter(account=account), table, _SORTED_BY)


def _tagged_task(operator: str, value: Any) -> Q:
    lookup = {"equal": "exact", "in": "in", "like": "icontains"}[operator]
    return Q(Exists(Tag.objects.filter(task=OuterRef("pk"), **{f"text__{lookup}": value})))


def _tagged_job(account: Account, operator: str, value: Any) -> Q:
    """Looked up here: SQLite can't look into a list by an index, and an account's jobs are few (farm.quotas)."""
    matches = {
        "equal": lambda tags: value in tags,
        "in": lambda tags: bool(set(value) & set(tags)),
        "like": lambda tags: any(value.lower() in tag.lower() for tag in tags),
    }[operator]
    listed = Job.objects.filter(account=account).values_list("pk", "tags")
    found: list[UUID] = [pk for pk, tags in listed if matches(tags)]
    return Q(pk__in=found)
