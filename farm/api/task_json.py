"""Tasks as the API tells them. A list costs the same number of queries however long it is.

What the SDK can't read is listed in the contract, section c.1: times in one form, some keys never null.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, Min, Q, QuerySet, Sum
from django.db.models.functions import Cast, Greatest
from django.utils import timezone

from farm import secrets
from farm.api.instance_json import ENDED, completed, status
from farm.api.wire import instant, timespan
from farm.models import Instance, InstanceState, Task

Json = dict[str, Any]
_NO_FACTS: Json = {"running": 0, "cores": 0, "progress": 0.0, "executed": 0.0, "started": None}


def summaries(tasks: Sequence[Task]) -> list[Json]:
    facts = _facts(tasks)
    return [_summary(task, facts.get(task.pk, _NO_FACTS)) for task in tasks]


def in_full(tasks: Sequence[Task]) -> list[Json]:
    """`tasks` should come with their tags prefetched (farm.api.listing.with_tags)."""
    facts = _facts(tasks)
    instances = _instances(tasks)
    return [
        _summary(task, facts.get(task.pk, _NO_FACTS))
        | _details(task, facts.get(task.pk, _NO_FACTS), instances[task.pk])
        for task in tasks
    ]


def _facts(tasks: Sequence[Task]) -> dict[UUID, Json]:
    """What is summed up over the instances of each task, in one query."""
    running = Q(state=InstanceState.RUNNING)
    cores = Cast(F("node__core_count") / Greatest(F("node__slot_count"), 1), IntegerField())
    rows = (
        Instance.objects.filter(task__in=tasks)
        .values("task")
        .annotate(
            running=Count("pk", filter=running),
            cores=Sum(cores, filter=running, default=0),
            part_done=Sum("progress", filter=running, default=0.0),
            done=Count("pk", filter=Q(state=InstanceState.SUCCESS)),
            executed=Sum("execution_seconds", default=0.0),
            started=Min("started_at"),
            total=Count("pk"),
        )
    )
    return {row["task"]: row | {"progress": (row["part_done"] + 100.0 * row["done"]) / row["total"]} for row in rows}


def _instances(tasks: Sequence[Task]) -> dict[UUID, list[Instance]]:
    """The instances that were begun, in the order of their ids."""
    rows: QuerySet[Instance] = (
        Instance.objects.filter(task__in=tasks)
        .exclude(state=InstanceState.WAITING)
        .select_related("node")
        .order_by("task_id", "instance_id")
    )
    by_task: dict[UUID, list[Instance]] = defaultdict(list)
    for instance in rows:
        by_task[instance.task_id].append(instance)
    return by_task


def _summary(task: Task, facts: Json) -> Json:
    return {
        "uuid": str(task.uuid),
        "name": task.name,
        "shortname": task.shortname,
        "profile": task.profile,
        "poolUuid": None,
        "jobUuid": None,
        "state": task.state,
        "previousState": task.previous_state or None,
        "creationDate": instant(task.created_at),
        "stateTransitionTime": instant(task.state_changed_at),
        "previousStateTransitionTime": instant(task.previous_state_changed_at),
        "lastModified": instant(task.modified_at),
        "endDate": instant(task.ended_at),
        "instanceCount": task.instance_count,
        "advancedRanges": task.advanced_ranges or None,
        "totalInstanceCount": task.total_instance_count,
        "progress": round(facts["progress"], 2),
        "runningInstanceCount": facts["running"],
        "runningCoreCount": facts["cores"],
        "clusterInfo": {"clusterCoresCount": facts["cores"]},
        "executionTime": timespan(facts["executed"]),
        "wallTime": timespan(_wall_seconds(task, facts)),
    }


def _details(task: Task, facts: Json, instances: list[Instance]) -> Json:
    return {
        **_defaults(),
        **task.order,
        "errors": task.errors,
        "constants": [{"key": name, "value": value} for name, value in secrets.echoed(task).items()],
        "tags": [tag.text for tag in task.tags.all()],
        "labels": task.labels,
        "advancedResourceBuckets": task.resource_buckets,
        "resultBucket": task.result_bucket or None,
        "resultsCount": task.results_count,
        "resultsWhitelist": task.results_whitelist or None,
        "resultsBlacklist": task.results_blacklist or None,
        "uploadResultsOnCancellation": task.upload_results_on_cancellation,
        "completedInstances": [completed(task, instance) for instance in instances if instance.state in ENDED],
        "status": status(instances, task.total_instance_count, facts["progress"], _wall_seconds(task, facts)),
    }


def _defaults() -> Json:
    """What an order that says nothing of these is told to have. Made anew: an order lies over it."""
    return {
        "resourceBuckets": [],
        "snapshotInterval": 0,
        "snapshotWhitelist": None,
        "snapshotBlacklist": None,
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
        "waitForPoolResourcesSynchronization": None,
        "defaultResourcesCacheTTLSec": None,
        "hardwareConstraints": [],
        "forcedNetworkRules": [],
        "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
        "retrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
        "dependencies": {"dependsOn": [], "advancedDependsOn": [], "state": "dependencyConditionsFulfilled"},
    }


def _wall_seconds(task: Task, facts: Json) -> float:
    """From the first machine's start to the end, or to now."""
    if facts["started"] is None:
        return 0.0
    return max(0.0, ((task.ended_at or timezone.now()) - facts["started"]).total_seconds())
