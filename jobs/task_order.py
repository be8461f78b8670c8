"""What a farm is asked to render, before it is put in the SDK's words (jobs.farms)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    """What of a bucket is laid out for the task. Later ones win over earlier ones."""

    bucket: str
    prefix: str = ""
    """Only objects whose key begins so; empty: all."""
    strip_prefix: str = ""
    """Taken from the front of their keys, which then are paths below /job."""


@dataclass(frozen=True)
class TaskOrder:
    name: str
    shortname: str
    """Unique in the account; also the task's tag, by which it is found again."""
    profile: str
    ranges: str
    constants: Mapping[str, str]
    resources: Sequence[Resource]
    result_bucket: str
    cap_seconds: int | None = None
    """Render time at which it stops."""
    priority: str = "normal"
    """low, normal or high, among the account's own."""
    licence: str = ""
    """onDemand or own; empty where none is needed."""

    def own_fields(self) -> dict[str, Any]:
        """What only the built-in farm's API knows of an order."""
        licence = {"licence": self.licence} if self.licence else {}
        return {"capSeconds": self.cap_seconds, "priority": self.priority, **licence}
