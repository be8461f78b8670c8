"""The filter tree of the API's lists, as a condition of the database."""

from datetime import UTC
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.dateparse import parse_datetime

from farm.models import Tag, TaskState
from farm.ranges import LARGEST
from farm.submission import Refused

_COLUMNS = {
    "uuid": "uuid",
    "name": "name",
    "shortname": "shortname",
    "profile": "profile",
    "state": "state",
    "creationdate": "created_at",
    "enddate": "ended_at",
    "resultbucket": "result_bucket",
    "instancecount": "instance_count",
}
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


def condition(tree: Any, depth: int = 0) -> Q:
    """Raises Refused for what is no filter, or no field or operator of this farm."""
    if not isinstance(tree, dict) or depth > DEEPEST:
        raise Refused(400, "A filter is an object with an operator, and filters or a field and a value.")
    operator = str(tree.get("operator")).lower()
    if operator in ("and", "or"):
        return _node(operator, tree.get("filters"), depth)
    if operator in _NEGATED:
        return ~_leaf(_NEGATED[operator], tree)
    if operator in _LOOKUPS:
        return _leaf(operator, tree)
    raise Refused(400, f"“{operator}” is no operator of a filter.")


def _node(operator: str, filters: Any, depth: int) -> Q:
    if not isinstance(filters, list) or not filters or len(filters) > MOST_VALUES:
        raise Refused(400, f"“{operator}” needs a list of filters.")
    whole = condition(filters[0], depth + 1)
    for inner in filters[1:]:
        part = condition(inner, depth + 1)
        whole = whole & part if operator == "and" else whole | part
    return whole


def _leaf(operator: str, leaf: dict[str, Any]) -> Q:
    field = str(leaf.get("field")).lower()
    value: Any = leaf["values"] if leaf.get("values") is not None else leaf.get("value")
    if operator == "in":
        value = value if isinstance(value, list) else [value]
        if len(value) > MOST_VALUES:
            raise Refused(400, f"A filter has at most {MOST_VALUES} values.")
    if field == "tags":
        return _tags(operator, value)
    if field not in _COLUMNS:
        raise Refused(400, f"Tasks can't be filtered by “{field}”. They can by tags, {', '.join(_COLUMNS)}.")
    column = _COLUMNS[field]
    typed = [_typed(column, each) for each in list(value)] if operator == "in" else _typed(column, value)
    return Q(**{f"{column}__{_LOOKUPS[operator]}": typed})


def _tags(operator: str, value: Any) -> Q:
    """Equal means that the tag is among the task's."""
    if operator not in ("equal", "in", "like"):
        raise Refused(400, f"Tags can't be compared by “{operator}”.")
    lookup = {f"text__{_LOOKUPS[operator]}": [str(each) for each in value] if operator == "in" else str(value)}
    return Q(Exists(Tag.objects.filter(task=OuterRef("pk"), **lookup)))


def _typed(column: str, value: Any) -> Any:
    """The value as the column holds it; a state in the API's own capitals."""
    try:
        if column == "uuid":
            return UUID(str(value))
        if column == "instance_count":
            return max(-LARGEST, min(int(value), LARGEST))
        if column in ("created_at", "ended_at"):
            moment = parse_datetime(str(value))
            if moment is None or moment.tzinfo is None:
                raise ValueError(value)
            return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as fault:
        raise Refused(400, f"“{str(value)[:100]}” is no value to compare that field with.") from fault
    if column == "state":
        return next((state.value for state in TaskState if state.lower() == str(value).lower()), str(value))
    return str(value)
