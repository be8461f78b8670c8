"""The `status` of a task: what its instances come to together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from farm import hardware, ranges
from farm.api.instance_json import CLOCK_RATIO, executed_ghz, running
from farm.api.wire import instant, timespan
from farm.models import Instance, InstanceState, Phase, Task

Json = dict[str, Any]
_TIMES = ("download", "environment", "execution", "upload")


def status(task: Task, instances: Sequence[Instance], progress: float, wall_seconds: float) -> Json:
    """`instances` are the task's that were begun, with their nodes and sites."""
    now = instant(timezone.now())
    by_state = _ids_by_state(instances)
    executed = by_state[InstanceState.SUCCESS] + by_state[InstanceState.FAILURE]
    return {
        "timestamp": now,
        "lastUpdateTimestamp": now,
        "downloadProgress": _percent(_past(instances, Phase.DOWNLOAD), task.total_instance_count),
        "executionProgress": round(progress, 2),
        "uploadProgress": _percent(len(executed), task.total_instance_count),
        "instanceCount": len(by_state[InstanceState.RUNNING]),
        **_times(instances, wall_seconds),
        "succeededRange": ranges.write(by_state[InstanceState.SUCCESS]),
        "failedRange": ranges.write(by_state[InstanceState.FAILURE]),
        "executedRange": ranges.write(executed),
        "cancelledRange": ranges.write(by_state[InstanceState.CANCELLED]),
        "startedOnceRange": ranges.write([instance.instance_id for instance in instances if instance.attempt_count]),
        **_execution_times(instances),
        "runningInstancesInfo": _running_info(task, instances, now),
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


def _execution_times(instances: Sequence[Instance]) -> Json:
    """Seconds of execution, and seconds times GHz, by what they were executed on."""
    by_model: dict[tuple[str, int], list[Instance]] = defaultdict(list)
    by_machine: dict[tuple[str, str], list[Instance]] = defaultdict(list)
    for instance in instances:
        if instance.cpu_model:
            by_model[instance.cpu_model, instance.node.cores_a_slot if instance.node else 0].append(instance)
        if instance.node:
            by_machine[_site(instance.node.site.name), hardware.specification_key(instance.node)].append(instance)
    return _by_processor(by_model) | {
        "executionTimeByMachineSpecification": _by_kind(by_machine),
        "executionTimeBySiteAndMachine": [
            {"siteUuid": site, "specificationKey": key, "time": _seconds(group)}
            for (site, key), group in by_machine.items()
        ],
        "executionTimeByInstanceId": [_of_instance(instance) for instance in instances],
    }


def _by_processor(by_model: dict[tuple[str, int], list[Instance]]) -> Json:
    return {
        "executionTimeByCpuModel": [
            {"model": model, "core": core, "time": _seconds(group)} for (model, core), group in by_model.items()
        ],
        "executionTimeGhzByCpuModel": [
            {
                "model": model,
                "core": core,
                "timeGhz": round(sum(executed_ghz(instance) for instance in group), 3),
                "clockRatio": CLOCK_RATIO,
            }
            for (model, core), group in by_model.items()
        ],
    }


def _by_kind(by_machine: dict[tuple[str, str], list[Instance]]) -> list[Json]:
    seconds: dict[str, float] = defaultdict(float)
    for (_, key), group in by_machine.items():
        seconds[key] += _seconds(group)
    return [{"specificationKey": key, "time": time} for key, time in seconds.items()]


def _of_instance(instance: Instance) -> Json:
    node = instance.node
    return {
        "instanceId": instance.instance_id,
        "specificationKey": hardware.specification_key(node) if node else "",
        "siteUuid": _site(node.site.name) if node else None,
        "time": instance.execution_seconds,
        "timeGhz": executed_ghz(instance),
        "clockRatio": CLOCK_RATIO,
    }


@lru_cache(maxsize=256)
def _site(name: str) -> str:
    """A uuid, as Qarnot's sites have one; always the same for a name. Kept, because every frame has one."""
    return str(uuid5(NAMESPACE_URL, f"site:{name}"))


def _seconds(instances: Iterable[Instance]) -> float:
    return sum(instance.execution_seconds for instance in instances)


def _running_info(task: Task, instances: Sequence[Instance], now: str) -> Json:
    each = [running(task, instance) for instance in instances if instance.state == InstanceState.RUNNING]
    cores: dict[tuple[str, int], int] = defaultdict(int)
    for info in each:
        cores[info["cpuModel"], info["coreCount"]] += info["coreCount"]
    frequencies = [info["currentFrequencyGHz"] for info in each]
    incoming, outgoing = ([info[key] for info in each] for key in ("networkInKbps", "networkOutKbps"))
    return {
        "timestamp": now,
        "averageFrequencyGHz": _mean(frequencies),
        "maxFrequencyGHz": max(frequencies, default=0.0),
        "minFrequencyGHz": min(frequencies, default=0.0),
        "averageMaxFrequencyGHz": _mean([info["maxFrequencyGHz"] for info in each]),
        "averageCpuUsage": _mean([info["cpuUsage"] for info in each]),
        "clusterPowerIndicator": 1.0,
        "averageMemoryUsage": _mean([info["memoryUsage"] for info in each]),
        "averageNetworkInKbps": _mean(incoming),
        "averageNetworkOutKbps": _mean(outgoing),
        "totalNetworkInKbps": sum(incoming),
        "totalNetworkOutKbps": sum(outgoing),
        "snapshotResults": [],
        "runningCoreCountByCpuModel": [
            {"model": model, "core": core, "runningCoreCount": count} for (model, core), count in cores.items()
        ],
        "perRunningInstanceInfo": each,
    }


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
