"""The filter tree of the API's lists, as a condition of the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db.models import Q, TextChoices
from django.utils.dateparse import parse_datetime

from farm.ranges import LARGEST
from farm.submission import Refused

_LOOKUPS = {
    "equal": "exact",
    "in": "in",
    "like": "icontains",
    "lessthan": "lt",
    "lessthanorequal": "lte",
    "greaterthan": "gt",
    "greaterthanorequal": "gte",
}
_NEGATED = {"notequal": "equal", "notin": "in"}
DEEPEST = 20
MOST_VALUES = 500


@dataclass(frozen=True)
class Table:
    """What rows can be filtered by. `tagged(operator, value)` is the condition on their tags."""

    noun: str
    columns: Mapping[str, str]
    """A field's name in the API, in lower case → the column"""
    states: type[TextChoices]
    tagged: Callable[[str, Any], Q]


def condition(tree: Any, table: Table, depth: int = 0) -> Q:
    """Raises Refused for what is no filter, or no field or operator of this farm."""
    if not isinstance(tree, dict) or depth > DEEPEST:
        raise Refused(400, "A filter is an object with an operator, and filters or a field and a value.")
    operator = str(tree.get("operator")).lower()
    if operator in ("and", "or"):
        return _node(operator, tree.get("filters"), table, depth)
    if operator in _NEGATED:
        return ~_leaf(_NEGATED[operator], tree, table)
    if operator in _LOOKUPS:
        return _leaf(operator, tree, table)
    raise Refused(400, f"“{operator}” is no operator of a filter.")


def _node(operator: str, filters: Any, table: Table, depth: int) -> Q:
    if not isinstance(filters, list) or not filters or len(filters) > MOST_VALUES:
        raise Refused(400, f"“{operator}” needs a list of filters.")
    whole = condition(filters[0], table, depth + 1)
    for inner in filters[1:]:
        part = condition(inner, table, depth + 1)
        whole = whole & part if operator == "and" else whole | part
    return whole


def _leaf(operator: str, leaf: dict[str, Any], table: Table) -> Q:
    field = str(leaf.get("field")).lower()
    value: Any = leaf["values"] if leaf.get("values") is not None else leaf.get("value")
    if operator == "in":
        value = value if isinstance(value, list) else [value]
        if len(value) > MOST_VALUES:
            raise Refused(400, f"A filter has at most {MOST_VALUES} values.")
    if field == "tags":
        return _tags(operator, value, table)
    if field not in table.columns:
        raise Refused(
            400, f"{table.noun} can't be filtered by “{field}”. They can by tags, {', '.join(table.columns)}."
        )
    column = table.columns[field]
    typed = [_typed(column, each, table) for each in value] if operator == "in" else _typed(column, value, table)
    return Q(**{f"{column}__{_LOOKUPS[operator]}": typed})


def _tags(operator: str, value: Any, table: Table) -> Q:
    """Equal means that the tag is among the row's."""
    if operator not in ("equal", "in", "like"):
        raise Refused(400, f"Tags can't be compared by “{operator}”.")
    return table.tagged(operator, [str(each) for each in value] if operator == "in" else str(value))


def _typed(column: str, value: Any, table: Table) -> Any:
    """The value as the column holds it; a state in the API's own capitals."""
    try:
        if column in ("uuid", "job_id"):
            return UUID(str(value))
        if column.endswith("_count"):
            return max(-LARGEST, min(int(value), LARGEST))
        if column.endswith("_at"):
            moment = parse_datetime(str(value))
            if moment is None or moment.tzinfo is None:
                raise ValueError(value)
            return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as fault:
        raise Refused(400, f"“{str(value)[:100]}” is no value to compare that field with.") from fault
    if column in ("state", "previous_state"):
        return next((state.value for state in table.states if state.lower() == str(value).lower()), str(value))
    return str(value)
