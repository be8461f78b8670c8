"""Before which of the account's other tasks it goes."""

from farm.json_fields import Fields
from farm.models import Task

LABEL = "priority"
"""The Python SDK sends no field of that name, but labels."""


def priority(fields: Fields) -> int:
    """`low`, `normal` or `high`; of other SDKs a number, whose sign counts. NORMAL where nothing is said."""
    value = fields.given.get("priority")
    if value is None:
        value = fields.object("labels").get(LABEL)
    if value is None:
        return Task.Priority.NORMAL
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-1, min(1, value))
    named = {str(label).lower(): number for number, label in Task.Priority.choices}
    if str(value).lower() not in named:
        fields.faults["priority"] = "priority is low, normal or high."
    return named.get(str(value).lower(), Task.Priority.NORMAL)


def named(priority: int) -> str:
    """As the API tells it."""
    return str(Task.Priority(priority).label).lower()
