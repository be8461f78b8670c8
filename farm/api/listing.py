"""Lists of an account's tasks and jobs: filtered, in order, a page at a time."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable

from farm.api.filters import Table, condition
from farm.json_keys import canonical, storable
from farm.models import Job, Task
from farm.submission import Refused

PAGE = 50
LONGEST_PAGE = 1000
EXECUTED = "executed"
"""The name of a sum that rows may be sorted by, seconds."""

Row = TypeVar("Row", Task, Job)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    total: int
    next_token: str | None


@dataclass(frozen=True)
class Shelf(Generic[Row]):
    """The rows of an account, and how they can be looked through. `weight`: what a row costs a full page."""

    rows: QuerySet[Row]
    table: Table
    sorted_by: Mapping[str, str]
    """A field's name in the API, in lower case → the column"""
    sums: Mapping[str, Combinable] = field(default_factory=dict)
    """Columns that are made of other rows: for every row of the account, so only where a list is sorted by one."""
    weight: Callable[[Row], int] = lambda row: 0
    heaviest: int = 0


def filtered(shelf: Shelf[Row], asked: dict[str, Any]) -> QuerySet[Row]:
    """The rows that the `filter` of a request's body names. Raises Refused."""
    tree = canonical(asked).get("filter")
    return shelf.rows.filter(condition(tree, shelf.table)) if tree else shelf.rows


def page_of(shelf: Shelf[Row], request: dict[str, Any]) -> Page[Row]:
    """One page: `token` goes on where another ended. Stays right while rows come and go. Raises Refused."""
    asked = canonical(request)
    column, is_rising = _order(shelf, asked)
    found = filtered(shelf, request)
    sign = "" if is_rising else "-"
    sums = {column: shelf.sums[column]} if column in shelf.sums else {}
    rows = found.annotate(**sums).order_by(f"{sign}{column}", f"{sign}uuid")
    if asked.get("token"):
        rows = rows.filter(_after(asked["token"], column, is_rising))
    size = _size(asked.get("maximumResults"))
    listed = list(rows[: size + 1])
    shown = _bounded(listed[:size], shelf)
    is_truncated = len(shown) < len(listed)
    total = found.count() if is_truncated or asked.get("token") else len(shown)
    return Page(shown, total, _token(shown[-1], column) if is_truncated else None)


def selected(request: dict[str, Any], told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what is told of each row, the fields that `select` names; all where it names none. Raises Refused."""
    names = canonical(request).get("select") or []
    if not isinstance(names, list):
        raise Refused(400, "select is a list of fields.")
    fields = {str(name).lower() for name in names}
    return [{key: value for key, value in row.items() if not fields or key.lower() in fields} for row in told]


def page_json(request: dict[str, Any], page: Page[Row], data: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": data,
        "count": len(data),
        "total": page.total,
        "isTruncated": page.next_token is not None,
        "token": canonical(request).get("token"),
        "nextToken": page.next_token,
    }


def longest(tag: str | None) -> dict[str, Any]:
    """The request that asks for as many as a page holds, of those with the tag."""
    asked: dict[str, Any] = {"maximumResults": LONGEST_PAGE}
    return asked | ({"filter": {"operator": "Equal", "field": "Tags", "value": tag}} if tag else {})


def _order(shelf: Shelf[Row], asked: dict[str, Any]) -> tuple[str, bool]:
    name = str(asked.get("orderBy") or "creationDate").lower()
    if name not in shelf.sorted_by:
        known = ", ".join(shelf.sorted_by)
        raise Refused(400, f"{shelf.table.noun} can't be sorted by “{name}”. They can by {known}.")
    return shelf.sorted_by[name], str(asked.get("orderType") or "Descending").lower().startswith("asc")


def _size(asked: Any) -> int:
    if asked is None:
        return PAGE
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise Refused(400, "maximumResults is a number of at least 1.")
    return min(asked, LONGEST_PAGE)


def _bounded(rows: list[Row], shelf: Shelf[Row]) -> list[Row]:
    """The first is always there, however heavy it is."""
    if not shelf.heaviest:
        return rows
    held = 0
    for place, row in enumerate(rows):
        held += shelf.weight(row)
        if held > shelf.heaviest and place:
            return rows[:place]
    return rows


def _token(last: Row, column: str) -> str:
    value = last.created_at.isoformat() if column == "created_at" else getattr(last, column)
    return base64.urlsafe_b64encode(json.dumps([column, value, str(last.uuid)]).encode()).decode()


def _after(token: Any, column: str, is_rising: bool) -> Q:
    """What comes after the last row of the page that gave this token."""
    try:
        of_column, value, last = json.loads(base64.urlsafe_b64decode(str(token)))
        last_uuid = UUID(last)
        if of_column != column:
            raise ValueError(token)
        value = datetime.fromisoformat(value).astimezone(UTC) if column == "created_at" else _typed(column, value)
        than = "gt" if is_rising else "lt"
        return Q(**{f"{column}__{than}": value}) | Q(**{column: value, f"uuid__{than}": last_uuid})
    except (ValueError, TypeError, AttributeError, OverflowError) as fault:
        raise Refused(400, "The token is not one of a page of this list.") from fault


def _typed(column: str, value: Any) -> Any:
    return float(value) if column == EXECUTED else storable(value)
