"""Instances as the API tells them: the ended ones, the running ones, and what they come to together."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from farm import ranges
from farm.api.wire import instant, timespan
from farm.models import Instance, InstanceState, Phase, Task

Json = dict[str, Any]
ENDED = frozenset({InstanceState.SUCCESS, InstanceState.FAILURE, InstanceState.CANCELLED})
_STATE_NAMES = {
    InstanceState.SUCCESS: "Success",
    InstanceState.FAILURE: "Failure",
    InstanceState.CANCELLED: "Cancelled",
}
_TIMES = ("download", "environment", "execution", "upload")


def completed(task: Task, instance: Instance) -> Json:
    """One of `completedInstances`. `nodeName` is ours."""
    host = urlsplit(settings.S3_DOOR_URL).netloc
    node = instance.node
    return {
        "instanceId": instance.instance_id,
        "state": _STATE_NAMES[InstanceState(instance.state)],
        "wallTimeSec": instance.wall_seconds,
        "execTimeSec": instance.execution_seconds,
        "execTimeSecGHz": 0.0,
        "peakMemoryMB": instance.peak_memory_mb,
        "averageGHz": 0.0,
        "results": [f"s3://{host}/{task.result_bucket}/{key}" for key in instance.results],
        "executionAttemptCount": instance.attempt_count,
        "error": instance.error,
        "cpuModel": instance.cpu_model,
        "coreCount": node.cores_a_slot if node else 0,
        "nodeName": node.name if node else "",
    }


def running(instance: Instance) -> Json:
    """One of `perRunningInstanceInfo`. `nodeName` is ours."""
    node = instance.node
    memory_mb = node.memory_mb if node else 0
    return {
        "phase": instance.phase or Phase.DISPATCH,
        "instanceId": instance.instance_id,
        "maxFrequencyGHz": 0.0,
        "currentFrequencyGHz": 0.0,
        "cpuUsage": instance.cpu_percent,
        "maxMemoryMB": memory_mb,
        "currentMemoryMB": instance.memory_mb,
        "memoryUsage": instance.memory_mb / memory_mb if memory_mb else 0.0,
        "networkInKbps": 0.0,
        "networkOutKbps": 0.0,
        "progress": instance.progress,
        "executionTimeSec": instance.execution_seconds,
        "executionTimeGHz": 0.0,
        "cpuModel": instance.cpu_model,
        "coreCount": node.cores_a_slot if node else 0,
        "executionAttemptCount": instance.attempt_count,
        "activeForwards": [],
        "vpnConnections": [],
        "nodeName": node.name if node else "",
    }


def status(instances: Sequence[Instance], total: int, progress: float, wall_seconds: float) -> Json:
    """The `status` of a task whose begun instances these are. Frequencies and networks aren't measured: 0."""
    now = instant(timezone.now())
    by_state = _ids_by_state(instances)
    executed = by_state[InstanceState.SUCCESS] + by_state[InstanceState.FAILURE]
    return {
        "timestamp": now,
        "lastUpdateTimestamp": now,
        "downloadProgress": _percent(_past(instances, Phase.DOWNLOAD), total),
        "executionProgress": round(progress, 2),
        "uploadProgress": _percent(len(executed), total),
        "instanceCount": len(by_state[InstanceState.RUNNING]),
        **_times(instances, wall_seconds),
        "succeededRange": ranges.write(by_state[InstanceState.SUCCESS]),
        "failedRange": ranges.write(by_state[InstanceState.FAILURE]),
        "executedRange": ranges.write(executed),
        "cancelledRange": ranges.write(by_state[InstanceState.CANCELLED]),
        "executionTimeByCpuModel": _by_cpu_model(instances),
        "executionTimeGhzByCpuModel": [],
        "runningInstancesInfo": _running_info(instances, now),
    }


def _ids_by_state(instances: Sequence[Instance]) -> dict[str, list[int]]:
    by_state: dict[str, list[int]] = defaultdict(list)
    for instance in instances:
        by_state[instance.state].append(instance.instance_id)
    return by_state


def _past(instances: Sequence[Instance], phase: Phase) -> int:
    """How many are done with `phase`, of the running and the ended."""
    order = list(Phase)
    later = order[order.index(phase) + 1 :]
    return sum(instance.state != InstanceState.RUNNING or instance.phase in later for instance in instances)


def _percent(part: int, total: int) -> float:
    return round(100.0 * part / total, 2) if total else 0.0


def _times(instances: Sequence[Instance], wall_seconds: float) -> Json:
    times: Json = {"wallTime": timespan(wall_seconds), "wallTimeSec": wall_seconds}
    for name in _TIMES:
        seconds = sum(getattr(instance, f"{name}_seconds") for instance in instances)
        times |= {f"{name}Time": timespan(seconds), f"{name}TimeSec": seconds}
    return times


def _by_cpu_model(instances: Sequence[Instance]) -> list[Json]:
    """Seconds of execution on each kind of processor."""
    seconds: dict[tuple[str, int], float] = defaultdict(float)
    for instance in instances:
        if instance.cpu_model:
            cores = instance.node.cores_a_slot if instance.node else 0
            seconds[instance.cpu_model, cores] += instance.execution_seconds
    return [{"model": model, "core": core, "time": time} for (model, core), time in seconds.items()]


def _running_info(instances: Sequence[Instance], now: str) -> Json:
    each = [running(instance) for instance in instances if instance.state == InstanceState.RUNNING]
    cores: dict[str, int] = defaultdict(int)
    for info in each:
        cores[info["cpuModel"]] += info["coreCount"]
    return {
        "timestamp": now,
        "averageFrequencyGHz": 0.0,
        "maxFrequencyGHz": 0.0,
        "minFrequencyGHz": 0.0,
        "averageMaxFrequencyGHz": 0.0,
        "averageCpuUsage": _mean(info["cpuUsage"] for info in each),
        "clusterPowerIndicator": 1.0,
        "averageMemoryUsage": _mean(info["memoryUsage"] for info in each),
        "averageNetworkInKbps": 0.0,
        "averageNetworkOutKbps": 0.0,
        "totalNetworkInKbps": 0.0,
        "totalNetworkOutKbps": 0.0,
        "snapshotResults": [],
        "runningCoreCountByCpuModel": [
            {"model": model, "core": count, "runningCoreCount": count} for model, count in cores.items()
        ],
        "perRunningInstanceInfo": each,
    }


def _mean(numbers: Any) -> float:
    listed = list(numbers)
    return sum(listed) / len(listed) if listed else 0.0
