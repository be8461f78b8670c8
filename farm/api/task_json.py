"""Tasks as the API tells them. A list costs the same number of queries however long it is.

What the SDK can't read is listed in the contract, section c.1: times in one form, some keys never null.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, Min, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Cast, Greatest
from django.utils import timezone

from accounts import ledger
from farm import secret_constants
from farm.api.instance_json import ENDED, completed
from farm.api.status_json import status
from farm.api.wire import instant, timespan
from farm.models import Dependency, Instance, InstanceState, Node, Task
from farm.task_file import turn

Json = dict[str, Any]
_WORST_FIRST = (Dependency.State.NOT_FULFILLED, Dependency.State.WAITING)
_NO_FACTS: Json = {"running": 0, "cores": 0, "progress": 0.0, "executed": 0.0, "started": None}


def summaries(tasks: Sequence[Task]) -> list[Json]:
    facts = _facts(tasks)
    return [_summary(task, facts.get(task.pk, _NO_FACTS)) for task in tasks]


def in_full(tasks: Sequence[Task]) -> list[Json]:
    """`tasks` of a list come with their tags and dependencies (farm.api.shelves)."""
    facts = _facts(tasks)
    instances = _instances(tasks)
    costs = _costs(tasks)
    return [
        _summary(task, facts.get(task.pk, _NO_FACTS))
        | _details(task, facts.get(task.pk, _NO_FACTS), instances[task.pk])
        | costs[task.pk]
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


def _costs(tasks: Sequence[Task]) -> dict[UUID, Json]:
    """Ours, in render seconds."""
    charged = ledger.charged_by_reference([str(task.pk) for task in tasks])
    held = ledger.held_by_reference([str(task.pk) for task in tasks])
    return {
        task.pk: {
            "rate": task.rate,
            "capSeconds": task.cap_seconds,
            "heldSeconds": held.get(str(task.pk), 0),
            "chargedSeconds": charged.get(str(task.pk), 0),
        }
        for task in tasks
    }


def _instances(tasks: Sequence[Task]) -> dict[UUID, list[Instance]]:
    """The instances that were begun, in the order of their ids. A machine is read once, not once a frame."""
    rows: QuerySet[Instance] = (
        Instance.objects.filter(task__in=tasks)
        .exclude(state=InstanceState.WAITING)
        .prefetch_related(Prefetch("node", Node.objects.select_related("site")))
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
        "jobUuid": str(task.job_id) if task.job_id else None,
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
        "constants": [{"key": name, "value": value} for name, value in secret_constants.echoed(task).items()],
        "tags": [tag.text for tag in task.tags.all()],
        "labels": task.labels,
        "priority": turn.named(task.priority),
        "advancedResourceBuckets": task.resource_buckets,
        "resultBucket": task.result_bucket or None,
        "resultsBucketPrefix": task.results_prefix or None,
        "resultsCount": task.results_count,
        "resultsWhitelist": task.results_whitelist or None,
        "resultsBlacklist": task.results_blacklist or None,
        "snapshotInterval": task.snapshot_interval_seconds,
        "snapshotWhitelist": task.snapshot_whitelist or None,
        "snapshotBlacklist": task.snapshot_blacklist or None,
        "uploadResultsOnCancellation": task.upload_results_on_cancellation,
        "hardwareConstraints": task.hardware_constraints,
        "secretsAccessRights": {"bySecret": [], "byPrefix": []} | task.secrets_access,
        "licence": _licence(task),
        "privileges": {"exportApiAndStorageCredentialsInEnvironment": task.gives_credentials},
        "maxTimeQueueSeconds": task.max_queue_seconds,
        "autoDeleteOnCompletion": task.auto_delete,
        "completionTimeToLive": timespan(task.time_to_live_seconds),
        "dependencies": _dependencies(task),
        "completedInstances": [completed(task, instance) for instance in instances if instance.state in ENDED],
        "status": status(task, instances, facts["progress"], _wall_seconds(task, facts)),
    }


def _licence(task: Task) -> Json | None:
    """Ours: which one, and whose."""
    if task.licence is None:
        return None
    return {"name": task.licence.name, "title": task.licence.title, "isOwn": task.brings_licence}


def _defaults() -> Json:
    """What an order that says nothing of these is told to have. Made anew: an order lies over it."""
    return {
        "resourceBuckets": [],
        "waitForPoolResourcesSynchronization": None,
        "defaultResourcesCacheTTLSec": None,
        "forcedNetworkRules": [],
        "targetedReservedMachineKey": None,
        "targetedReservationName": None,
        "retrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
    }


def _dependencies(task: Task) -> Json:
    """A dependency in the plain form has no state of its own there, so the whole's says it."""
    every = list(task.dependencies.all())
    states = {one.state for one in every}
    whole = next((state for state in _WORST_FIRST if state in states), Dependency.State.FULFILLED)
    return {
        "dependsOn": [str(one.on_uuid) for one in every if not one.is_advanced],
        "advancedDependsOn": [
            {
                "taskUuid": str(one.on_uuid),
                "taskFinalStateCondition": one.final_states,
                "state": one.state,
                "actualFinalState": one.actual_final_state or None,
            }
            for one in every
            if one.is_advanced
        ],
        "state": whole,
    }


def _wall_seconds(task: Task, facts: Json) -> float:
    """From the first machine's start to the end, or to now."""
    if facts["started"] is None:
        return 0.0
    return max(0.0, ((task.ended_at or timezone.now()) - facts["started"]).total_seconds())
