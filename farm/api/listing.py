"""Lists of an account's tasks: filtered, in order, a page at a time."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import Account
from farm.api.filters import condition
from farm.json_keys import canonical, storable
from farm.models import Task
from farm.submission import Refused

PAGE = 50
LONGEST_PAGE = 1000
MOST_INSTANCES = 20_000
"""A page of full tasks ends early after so many instances: its memory is bounded."""

_SORTED_BY = {"creationdate": "created_at", "name": "name", "state": "state"}


@dataclass(frozen=True)
class Page:
    tasks: list[Task]
    total: int
    next_token: str | None


def of_account(account: Account) -> QuerySet[Task]:
    return Task.objects.filter(account=account)


def with_tags(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.prefetch_related("tags")


def filtered(account: Account, request: dict[str, Any]) -> QuerySet[Task]:
    """The tasks that the `filter` of a request's body names; newest first. Raises Refused."""
    tree = canonical(request).get("filter")
    tasks = with_tags(of_account(account))
    return (tasks.filter(condition(tree)) if tree else tasks).order_by("-created_at", "-uuid")


def page_of(account: Account, request: dict[str, Any], *, most_instances: int | None = None) -> Page:
    """One page: `token` goes on where another ended. Stays right while tasks come and go. Raises Refused."""
    asked = canonical(request)
    column, is_rising = _order(asked)
    tasks = filtered(account, request)
    sign = "" if is_rising else "-"
    rows = tasks.order_by(f"{sign}{column}", f"{sign}uuid")
    if asked.get("token"):
        rows = rows.filter(_after(asked["token"], column, is_rising))
    size = _size(asked.get("maximumResults"))
    listed = list(rows[: size + 1])
    shown = _bounded(listed[:size], most_instances)
    is_truncated = len(shown) < len(listed)
    return Page(shown, tasks.count(), _token(shown[-1], column) if is_truncated else None)


def _order(asked: dict[str, Any]) -> tuple[str, bool]:
    name = str(asked.get("orderBy") or "creationDate").lower()
    if name not in _SORTED_BY:
        raise Refused(400, f"Tasks can't be sorted by “{name}”. They can by creationDate, name and state.")
    return _SORTED_BY[name], str(asked.get("orderType") or "Descending").lower().startswith("asc")


def _size(asked: Any) -> int:
    if asked is None:
        return PAGE
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise Refused(400, "maximumResults is a number of at least 1.")
    return min(asked, LONGEST_PAGE)


def _bounded(tasks: list[Task], most_instances: int | None) -> list[Task]:
    if most_instances is None:
        return tasks
    held = 0
    for place, task in enumerate(tasks):
        held += task.total_instance_count
        if held > most_instances and place:
            return tasks[:place]
    return tasks


def _token(last: Task, column: str) -> str:
    value = last.created_at.isoformat() if column == "created_at" else getattr(last, column)
    return base64.urlsafe_b64encode(json.dumps([column, value, str(last.uuid)]).encode()).decode()


def _after(token: Any, column: str, is_rising: bool) -> Q:
    """What comes after the last task of the page that gave this token."""
    try:
        of_column, value, last = json.loads(base64.urlsafe_b64decode(str(token)))
        last_uuid = UUID(last)
        value = datetime.fromisoformat(value).astimezone(UTC) if column == "created_at" else storable(value)
        if of_column != column:
            raise ValueError(token)
        than = "gt" if is_rising else "lt"
        return Q(**{f"{column}__{than}": value}) | Q(**{column: value, f"uuid__{than}": last_uuid})
    except (ValueError, TypeError, AttributeError, OverflowError) as fault:
        raise Refused(400, "The token is not one of a page of this list.") from fault
