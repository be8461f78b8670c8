"""Instances as the API tells them: the ended ones and the running ones.

`nodeName` is ours, and so are `siteName`, `place` (its town) and `isHeating` (whose rooms wanted the heat when the
instance was begun), `frameId`, `part` and `tileSide`: which picture an instance renders, and which part of it.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from farm import hardware
from farm.models import Instance, InstanceState, Phase, Task

Json = dict[str, Any]
ENDED = frozenset({InstanceState.SUCCESS, InstanceState.FAILURE, InstanceState.CANCELLED})
CLOCK_RATIO = 1.0
"""Qarnot's machines differ in what a GHz does; here a GHz is a GHz."""
_STATE_NAMES = {
    InstanceState.SUCCESS: "Success",
    InstanceState.FAILURE: "Failure",
    InstanceState.CANCELLED: "Cancelled",
}


def completed(task: Task, instance: Instance) -> Json:
    """One of `completedInstances`."""
    host = urlsplit(settings.S3_DOOR_URL).netloc
    return {
        **_who(task, instance),
        "state": _STATE_NAMES[InstanceState(instance.state)],
        "wallTimeSec": instance.wall_seconds,
        "execTimeSec": instance.execution_seconds,
        "execTimeSecGHz": executed_ghz(instance),
        "peakMemoryMB": instance.peak_memory_mb,
        "averageGHz": instance.average_frequency_ghz,
        "results": [f"s3://{host}/{task.result_bucket}/{key}" for key in instance.results],
        "error": instance.error,
    }


def running(task: Task, instance: Instance) -> Json:
    """One of `perRunningInstanceInfo`. Memory is that of the instance's share of its machine."""
    memory_mb = hardware.memory_mb(instance.node) if instance.node else 0
    return {
        **_who(task, instance),
        "phase": instance.phase or Phase.DISPATCH,
        "maxFrequencyGHz": instance.max_frequency_ghz,
        "currentFrequencyGHz": instance.frequency_ghz,
        "cpuUsage": instance.cpu_percent,
        "maxMemoryMB": memory_mb,
        "currentMemoryMB": instance.memory_mb,
        "memoryUsage": instance.memory_mb / memory_mb if memory_mb else 0.0,
        "networkInKbps": instance.network_in_kbps,
        "networkOutKbps": instance.network_out_kbps,
        "progress": instance.progress,
        "executionTimeSec": instance.execution_seconds,
        "executionTimeGHz": executed_ghz(instance),
        "activeForwards": [],
        "vpnConnections": [],
    }


def executed_ghz(instance: Instance) -> float:
    """Seconds of execution times the processor's mean frequency in them."""
    return round(instance.execution_seconds * instance.average_frequency_ghz, 3)


def _who(task: Task, instance: Instance) -> Json:
    node = instance.node
    return {
        "instanceId": instance.instance_id,
        "frameId": instance.frame,
        "part": instance.part,
        "tileSide": task.tile_side,
        "executionAttemptCount": instance.attempt_count,
        "cpuModel": instance.cpu_model,
        "coreCount": node.cores_a_slot if node else 0,
        "clockRatio": CLOCK_RATIO,
        "specificationKey": hardware.specification_key(node) if node else "",
        "nodeName": node.name if node else "",
        "siteName": node.site.name if node else "",
        "place": node.site.place if node else "",
        "isHeating": instance.is_heating,
    }
