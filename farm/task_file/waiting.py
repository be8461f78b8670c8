"""What a task waits for: the ends of other tasks."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from farm.json_fields import Fields

MOST = 100
FINAL_STATES = ("success", "failure", "cancelled")


@dataclass(frozen=True)
class Wish:
    """The end of another task, waited for. `final_states`: those that will do; empty for any."""

    on_uuid: UUID
    final_states: tuple[str, ...] = ()
    is_advanced: bool = False


def wishes(fields: Fields) -> list[Wish]:
    """Each task once: the SDK lets `dependsOn` or `advancedDependsOn` be used, and both are read here."""
    given = fields.object("dependencies")
    plain, advanced = given.get("dependsOn") or [], given.get("advancedDependsOn") or []
    if not isinstance(plain, list) or not isinstance(advanced, list) or len(plain) + len(advanced) > MOST:
        fields.faults["dependencies"] = (
            f"dependencies has the lists dependsOn and advancedDependsOn, {MOST} tasks most."
        )
        return []
    read = [_plain(fields, entry) for entry in plain] + [_advanced(fields, entry) for entry in advanced]
    return list({wish.on_uuid: wish for wish in read if wish}.values())


def _plain(fields: Fields, entry: Any) -> Wish | None:
    uuid = _uuid(fields, entry)
    return Wish(uuid) if uuid else None


def _advanced(fields: Fields, entry: Any) -> Wish | None:
    if not isinstance(entry, dict):
        fields.faults["dependencies"] = "An advanced dependency is an object with a taskUuid."
        return None
    asked = entry.get("taskFinalStateCondition") or []
    states = [str(state).lower() for state in asked] if isinstance(asked, list) else [""]
    if not set(states) <= set(FINAL_STATES):
        fields.faults["dependencies"] = f"A taskFinalStateCondition is a list of {', '.join(FINAL_STATES)}."
    uuid = _uuid(fields, entry.get("taskUuid"))
    return Wish(uuid, tuple(states), is_advanced=True) if uuid else None


def _uuid(fields: Fields, value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        fields.faults["dependencies"] = "A task is named by its uuid in dependencies."
        return None
