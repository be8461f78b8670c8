"""The whole order."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from farm.json_fields import LONGEST_SECONDS, Fields, InvalidFile
from farm.json_keys import canonical
from farm.task_file import access, buckets, ending, instances, spending, turn, variables, waiting
from farm.task_file.waiting import Wish

KIND = "task"
NOT_OFFERED = {
    "poolUuid": "Pools are not offered by this farm.",
    "forcedNetworkRules": "Instances have no network on this farm.",
    "forcedConstants": "Constants can't be forced on this farm: every constant of an order is given to its instances.",
}
ECHOED = (
    "waitForPoolResourcesSynchronization",
    "defaultResourcesCacheTTLSec",
    "ResultsCacheTTLSec",
    "snapshotBucket",
    "snapshotBucketPrefix",
    "schedulingType",
    "targetedReservedMachineKey",
    "targetedReservationName",
    "projectUuid",
    "retrySettings",
    "maxRetriesPerInstance",
)
"""Kept and told as sent; they change nothing here, or are read elsewhere as well (farm.task_file.ending,
farm.snapshots)."""


@dataclass(frozen=True)
class TaskFile:
    """An order that can be stored as it is."""

    name: str
    shortname: str
    profile: str
    job: UUID | None
    instance_count: int
    advanced_ranges: str
    instance_ids: list[int]
    constants: dict[str, str]
    tags: list[str]
    labels: dict[str, str]
    resource_buckets: list[dict[str, Any]]
    result_bucket: str
    results_prefix: str
    results_whitelist: str
    results_blacklist: str
    snapshot_whitelist: str
    snapshot_blacklist: str
    upload_results_on_cancellation: bool
    hardware_constraints: list[dict[str, Any]]
    secrets_access: dict[str, Any]
    gives_credentials: bool
    priority: int
    licence: str
    wishes: list[Wish]
    max_queue_seconds: int | None
    max_attempts: int
    max_total_retries: int | None
    cap_seconds: int | None
    auto_delete: bool
    time_to_live_seconds: float
    echoed: dict[str, Any]


def read(body: Any) -> TaskFile:
    """The order in a request's body. Raises InvalidFile with every fault."""
    fields = _fields(body)
    fields.refuse(NOT_OFFERED)
    count, advanced_ranges, ids = instances.instances(fields)
    max_attempts, max_total_retries = ending.retries(fields)
    task_file = TaskFile(
        name=fields.text("name", 2047, needed=True),
        shortname=fields.shortname(),
        profile=fields.text("profile", 100, needed=True),
        job=fields.reference("jobUuid"),
        instance_count=count,
        advanced_ranges=advanced_ranges,
        instance_ids=ids,
        constants=variables.constants(fields),
        tags=fields.tags(),
        labels=variables.labels(fields),
        resource_buckets=buckets.resource_buckets(fields),
        result_bucket=buckets.result_bucket(fields),
        results_prefix=buckets.results_prefix(fields),
        results_whitelist=fields.pattern("resultsWhitelist"),
        results_blacklist=fields.pattern("resultsBlacklist"),
        snapshot_whitelist=fields.pattern("snapshotWhitelist"),
        snapshot_blacklist=fields.pattern("snapshotBlacklist"),
        upload_results_on_cancellation=bool(fields.given.get("uploadResultsOnCancellation")),
        hardware_constraints=access.hardware_constraints(fields),
        secrets_access=access.secrets_access(fields),
        gives_credentials=access.gives_credentials(fields),
        priority=turn.priority(fields),
        licence=access.licence(fields),
        wishes=waiting.wishes(fields),
        max_queue_seconds=fields.whole_number("maxTimeQueueSeconds", LONGEST_SECONDS) or None,
        max_attempts=max_attempts,
        max_total_retries=max_total_retries,
        cap_seconds=spending.cap_seconds(fields),
        auto_delete=bool(fields.given.get("autoDeleteOnCompletion")),
        time_to_live_seconds=fields.seconds("completionTimeToLive"),
        echoed={key: fields.given[key] for key in ECHOED if fields.given.get(key) is not None},
    )
    fields.raise_faults(KIND)
    return task_file


def read_change(body: Any) -> tuple[dict[str, str] | None, list[str] | None]:
    """The constants and tags of a change; None for what it doesn't name. Raises InvalidFile."""
    fields = _fields(body)
    change = (
        variables.constants(fields) if "constants" in fields.given else None,
        fields.tags() if "tags" in fields.given else None,
    )
    fields.raise_faults(KIND)
    return change


def _fields(body: Any) -> Fields:
    if not isinstance(body, dict):
        raise InvalidFile(KIND, {"body": "A task is a JSON object."})
    return Fields(canonical(body))
