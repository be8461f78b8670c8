"""A farm's word on a task, read into what the rows keep. Unknown words are kept, never guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from jobs.domain.log_cleaning import clean

SUCCESS, FAILURE, CANCELLED, WAITING = "success", "failure", "cancelled", "waiting"
ENDED_PHASES = frozenset({SUCCESS, FAILURE, CANCELLED})
ENDED_STATES = frozenset({"Success", "Failure", "Cancelled"})
RENDERING_STATES = frozenset(
    {
        "PartiallyDispatched",
        "FullyDispatched",
        "PartiallyExecuting",
        "FullyExecuting",
        "DownloadingResults",
        "UploadingResults",
    }
)
_BEFALLEN = re.compile(r" \(instances [\d,-]+\)$")
"""A farm's list of the instances that an error befell, by its own numbers; people read which frames failed."""
KNOWN_STATES = ENDED_STATES | RENDERING_STATES | {"Submitted", "PendingCancel", "PendingDelete"}


@dataclass(frozen=True)
class InstanceReport:
    instance_id: int
    phase: str
    """The farm's phase while it runs, else success, failure or cancelled."""
    progress: float = 0.0
    cpu_percent: float = 0.0
    memory_mb: float = 0.0
    cpu_model: str = ""
    node: str = ""
    place: str = ""
    """The town the machine stands in; Qarnot says none."""
    is_heating: bool = False
    """Its heat was wanted there when the instance was begun."""
    attempt_count: int = 0
    execution_seconds: float = 0.0
    error: str = ""
    frame: int = 0
    """The picture it works on."""
    part: int = 0
    """Of a picture in tiles: 0 … n² - 1, row by row from the top left; n² puts them together."""
    tile_side: int = 1
    """n of n × n tiles; 1: the whole picture."""
    results: tuple[str, ...] | None = None
    """Keys in the result bucket; None where the farm does not say."""

    @property
    def is_tile(self) -> bool:
        return self.tile_side > 1 and self.part < self.tile_side**2


@dataclass(frozen=True)
class Report:
    state: str
    instances: Mapping[int, InstanceReport] = field(default_factory=dict)
    error: str = ""
    """The first of the farm's reasons for a failure."""
    error_codes: frozenset[str] = frozenset()
    """Of all its reasons."""
    rate: float = 1.0
    """Render seconds a second of execution costs."""
    cap_seconds: int | None = None
    waiting_reason: str = ""
    """Of the built-in farm, while no machine takes the task; Qarnot says none."""
    waiting_code: str = ""
    waiting_position: int | None = None
    result_bucket: str = ""
    name: str = ""
    profile: str = ""
    ranges: str = ""
    instance_count: int = 0
    created_at: datetime | None = None
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED_STATES

    @property
    def succeeded(self) -> list[InstanceReport]:
        """What a picture is whole with, or a task without pictures one instance further. Tiles alone are neither."""
        return [said for said in self.instances.values() if said.phase == SUCCESS and not said.is_tile]


def read(task: Mapping[str, Any]) -> Report:
    """Of a task's full JSON or its summary."""
    running = ((task.get("status") or {}).get("runningInstancesInfo") or {}).get("perRunningInstanceInfo") or []
    instances = {number: _running(said) for said in running if (number := _id(said)) is not None}
    for said in task.get("completedInstances") or []:
        if (number := _id(said)) is not None:
            instances[number] = _completed(said)
    errors = task.get("errors") or []
    return Report(
        state=_text(task, "state", 40),
        instances=instances,
        error=_BEFALLEN.sub("", _text(errors[0], "message", 300)) if errors and isinstance(errors[0], dict) else "",
        error_codes=frozenset(_text(one, "code", 100) for one in errors if isinstance(one, dict)),
        rate=_number(task, "rate") or 1.0,
        cap_seconds=int(_number(task, "capSeconds")) or None,
        waiting_reason=_text(task, "waitingReason", 300),
        waiting_code=_text(task, "waitingCode", 20),
        waiting_position=position(task.get("waitingPosition")),
        result_bucket=_text(task, "resultBucket", 255),
        name=_text(task, "name", 200),
        profile=_text(task, "profile", 100),
        ranges=str(task.get("advancedRanges") or "")[:100_000],
        instance_count=int(_number(task, "instanceCount")),
        created_at=parse_datetime(_text(task, "creationDate", 40) or ""),
        constants={
            _text(one, "key", 200): _text(one, "value", 2000)
            for one in task.get("constants") or []
            if isinstance(one, dict) and one.get("key")
        },
    )


def _running(said: Mapping[str, Any]) -> InstanceReport:
    return InstanceReport(
        instance_id=int(said["instanceId"]),
        phase=_text(said, "phase", 20).lower() or "dispatch",
        progress=_number(said, "progress"),
        cpu_percent=_number(said, "cpuUsage"),
        memory_mb=_number(said, "currentMemoryMB"),
        cpu_model=_text(said, "cpuModel", 200),
        node=_text(said, "nodeName", 100),
        place=_text(said, "place", 100),
        is_heating=said.get("isHeating") is True,
        attempt_count=int(_number(said, "executionAttemptCount")),
        execution_seconds=_number(said, "executionTimeSec"),
        frame=_frame(said),
        part=int(_number(said, "part")),
        tile_side=max(1, int(_number(said, "tileSide"))),
    )


def _completed(said: Mapping[str, Any]) -> InstanceReport:
    phase = _text(said, "state", 20).lower()
    error = said.get("error")
    return InstanceReport(
        instance_id=int(said["instanceId"]),
        phase=phase,
        progress=100.0 if phase == SUCCESS else 0.0,
        memory_mb=_number(said, "peakMemoryMB"),
        cpu_model=_text(said, "cpuModel", 200),
        node=_text(said, "nodeName", 100),
        place=_text(said, "place", 100),
        is_heating=said.get("isHeating") is True,
        attempt_count=int(_number(said, "executionAttemptCount")),
        execution_seconds=_number(said, "execTimeSec"),
        error=_text(error, "message", 500) if isinstance(error, dict) else "",
        results=_keys(said.get("results")),
        frame=_frame(said),
        part=int(_number(said, "part")),
        tile_side=max(1, int(_number(said, "tileSide"))),
    )


def _frame(said: Mapping[str, Any]) -> int:
    """Where a farm knows no tiles, an instance is a frame."""
    frame = said.get("frameId")
    return frame if isinstance(frame, int) and not isinstance(frame, bool) else int(said["instanceId"])


def position(said: Any) -> int | None:
    """A place in line, counted from 1; None for anything else."""
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 < said < 2**31 else None


def _keys(said: Any) -> tuple[str, ...] | None:
    """`s3://host/bucket/key` → key. An empty list is what a farm gives that does not keep it."""
    if not isinstance(said, list) or not said:
        return None
    places = [one.removeprefix("s3://").split("/", 2) for one in said if isinstance(one, str)]
    return tuple(place[2] for place in places if len(place) == 3 and place[2])


def _id(said: Any) -> int | None:
    number = said.get("instanceId") if isinstance(said, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _text(said: Mapping[str, Any], name: str, most: int) -> str:
    value = said.get(name)
    return clean(value.replace("\n", " "))[:most] if isinstance(value, str) else ""


def _number(said: Mapping[str, Any], name: str) -> float:
    value = said.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
