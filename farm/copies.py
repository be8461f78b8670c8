"""Rendering again: a new task from the order of another one, which stays as it is."""

from typing import Any

from farm import licences, lifecycle, ranges, secret_constants
from farm.json_keys import canonical
from farm.models import Dependency, InstanceState, JobState, Task
from farm.submission import Refused, create_task
from farm.task_file import turn
from farm.task_file.spending import CAP
from farm.timespans import timespan

FAILED = frozenset({InstanceState.FAILURE})
CANCELLED = frozenset({InstanceState.CANCELLED})


def copy_task(task: Task, body: Any, states: frozenset[InstanceState] | None, *, digest: str = "") -> Task:
    """The order again with `body` over it: its instances in `states`, or all for None. Raises Refused.

    What is rendered again has waited for its dependencies before; only a clone of all waits for them as well.
    """
    overrides = canonical(body) if isinstance(body, dict) else {}
    if isinstance(overrides.get("constants"), list):
        overrides["constants"] = [_told_again(task, constant) for constant in overrides["constants"]]
    given = {key.lower() for key in overrides}
    if states is None:
        which = {} if given & {"instancecount", "advancedranges"} else _all_instances(task)
        which |= {} if "dependencies" in given else {"dependencies": _dependencies(task)}
    elif task.state in lifecycle.LIVE_STATES | lifecycle.WITHDRAWN_STATES:
        raise Refused(400, f"The task is {task.state}. Wait until it has ended.")
    else:
        which = _instances_in(task, states)
    replaced = {name.lower() for name in which} | given
    order = {key: value for key, value in _order_of(task).items() if key.lower() not in replaced}
    kept = {key: value for key, value in overrides.items() if key.lower() not in {name.lower() for name in which}}
    return create_task(task.account, {**order, **kept, **which}, digest=digest)


def _told_again(task: Task, constant: Any) -> Any:
    """A client that sends back what it was told sends the echo of a secret, which means that secret."""
    if not isinstance(constant, dict) or constant.get("value") != secret_constants.ECHO:
        return constant
    name = str(constant.get("key"))
    if secret_constants.echoed(task).get(name) != secret_constants.ECHO:
        return constant
    return {**constant, "value": secret_constants.opened(task)[name]}


def _order_of(task: Task) -> dict[str, Any]:
    """The JSON that orders the same, without its instances, its dependencies and its shortname."""
    return {
        **task.order,
        "name": task.name,
        "profile": task.profile,
        "jobUuid": str(task.job_id) if task.job and task.job.state == JobState.ACTIVE else None,
        "constants": [{"key": name, "value": value} for name, value in secret_constants.opened(task).items()],
        "advancedResourceBuckets": task.resource_buckets,
        "resultBucket": task.result_bucket or None,
        "resultsBucketPrefix": task.results_prefix,
        "resultsWhitelist": task.results_whitelist,
        "resultsBlacklist": task.results_blacklist,
        "snapshotWhitelist": task.snapshot_whitelist,
        "snapshotBlacklist": task.snapshot_blacklist,
        "uploadResultsOnCancellation": task.upload_results_on_cancellation,
        "hardwareConstraints": task.hardware_constraints,
        "secretsAccessRights": task.secrets_access,
        "privileges": {"exportApiAndStorageCredentialsInEnvironment": task.gives_credentials},
        "maxTimeQueueSeconds": task.max_queue_seconds,
        "capSeconds": None if CAP in task.labels else task.cap_seconds,
        "autoDeleteOnCompletion": task.auto_delete,
        "completionTimeToLive": timespan(task.time_to_live_seconds),
        "licence": _licence_of(task),
        "tags": [tag.text for tag in task.tags.all()],
        "labels": task.labels,
        "priority": turn.named(task.priority),
    }


def _licence_of(task: Task) -> str | None:
    if task.licence_id is None:
        return None
    return licences.OWN if task.brings_licence else licences.ON_DEMAND


def _dependencies(task: Task) -> dict[str, Any]:
    """Those whose task is still there."""
    there = set(Task.objects.filter(pk__in=task.dependencies.values("on_uuid")).values_list("pk", flat=True))
    kept: list[Dependency] = [one for one in task.dependencies.all() if one.on_uuid in there]
    return {
        "dependsOn": [str(one.on_uuid) for one in kept if not one.is_advanced],
        "advancedDependsOn": [
            {"taskUuid": str(one.on_uuid), "taskFinalStateCondition": one.final_states}
            for one in kept
            if one.is_advanced
        ],
    }


def _all_instances(task: Task) -> dict[str, Any]:
    if task.advanced_ranges:
        return {"advancedRanges": task.advanced_ranges, "instanceCount": None}
    return {"instanceCount": task.instance_count, "advancedRanges": None}


def _instances_in(task: Task, states: frozenset[InstanceState]) -> dict[str, Any]:
    ordered_as = "frame" if task.tile_side > 1 else "instance_id"
    text = ranges.write(task.instances.filter(state__in=states).values_list(ordered_as, flat=True))
    if not text:
        raise Refused(400, f"No instance of the task is {' or '.join(sorted(states))}: there is nothing to do again.")
    return {"advancedRanges": text, "instanceCount": None}
