"""Reads the JSON of an order: every fault at once, by the field's name in Qarnot's API."""

import re
from dataclasses import dataclass, field
from typing import Any

from farm import ranges
from farm.json_keys import as_text, canonical
from farm.quotas import MAX_INSTANCES
from farm.storage.names import BadBucketName, check_bucket_name

DEFAULT_ATTEMPTS = 3
MOST_ATTEMPTS = 20
LONGEST_VALUE = 65_536
"""Characters of a constant's value."""

_SHORTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,253}[A-Za-z0-9])?")
_CONSTANT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_REFERENCE = re.compile(r"\$\{[^}]*\}")

NOT_OFFERED = {
    "poolUuid": "Pools are not offered by this farm.",
    "jobUuid": "Jobs are not offered by this farm.",
    "dependencies": "Dependencies between tasks are not offered by this farm.",
    "hardwareConstraints": "This farm doesn't choose machines by hardware constraints.",
    "secretsAccessRights": "Secrets are not offered by this farm.",
    "forcedNetworkRules": "Instances have no network on this farm.",
    "maxTimeQueueSeconds": "This farm doesn't limit the time in the queue.",
    "autoDeleteOnCompletion": "This farm deletes a task only when asked.",
    "resultsBucketPrefix": "A prefix of the results is not offered by this farm.",
}
"""Refused when they ask for something: better than an order that is silently rendered otherwise."""

ECHOED = (
    "waitForPoolResourcesSynchronization",
    "completionTimeToLive",
    "defaultResourcesCacheTTLSec",
    "ResultsCacheTTLSec",
    "snapshotWhitelist",
    "snapshotBlacklist",
    "schedulingType",
    "targetedReservedMachineKey",
    "targetedReservationName",
    "projectUuid",
    "retrySettings",
    "privileges",
)
"""Kept and told as sent; they change nothing here."""


class InvalidTaskFile(Exception):
    """`faults`: the field, or what of it is wrong, and a sentence. The text is what the API answers."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(f"Invalid task file. Invalid fields: {', '.join(faults)}. {' '.join(faults.values())}")
        self.faults = faults


@dataclass(frozen=True)
class TaskFile:
    """An order that can be stored as it is."""

    name: str
    shortname: str
    profile: str
    instance_count: int
    advanced_ranges: str
    instance_ids: list[int]
    constants: dict[str, str]
    resource_buckets: list[dict[str, Any]]
    result_bucket: str
    results_whitelist: str
    results_blacklist: str
    upload_results_on_cancellation: bool
    max_attempts: int
    tags: list[str]
    labels: dict[str, str]
    echoed: dict[str, Any] = field(default_factory=dict)


def read(body: Any) -> TaskFile:
    """The order in a request's body. Raises InvalidTaskFile with every fault."""
    if not isinstance(body, dict):
        raise InvalidTaskFile({"body": "A task is a JSON object."})
    return _Reader(canonical(body)).task_file()


def read_change(body: Any) -> tuple[dict[str, str] | None, list[str] | None]:
    """The constants and tags of a change; None for what it doesn't name. Raises InvalidTaskFile."""
    if not isinstance(body, dict):
        raise InvalidTaskFile({"body": "A task is a JSON object."})
    reader = _Reader(canonical(body))
    change = (
        reader.constants() if "constants" in reader.fields else None,
        reader.tags() if "tags" in reader.fields else None,
    )
    reader.raise_faults()
    return change


class _Reader:
    """Notes every fault as it goes; a faulty field reads as empty until the faults are raised."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.faults: dict[str, str] = {}

    def task_file(self) -> TaskFile:
        self.refuse_what_is_not_offered()
        count, advanced_ranges, ids = self.instances()
        task_file = TaskFile(
            name=self.text("name", 2047, needed=True),
            shortname=self.shortname(),
            profile=self.text("profile", 100, needed=True),
            instance_count=count,
            advanced_ranges=advanced_ranges,
            instance_ids=ids,
            constants=self.constants(),
            resource_buckets=self.resource_buckets(),
            result_bucket=self.result_bucket(),
            results_whitelist=self.pattern("resultsWhitelist"),
            results_blacklist=self.pattern("resultsBlacklist"),
            upload_results_on_cancellation=bool(self.fields.get("uploadResultsOnCancellation")),
            max_attempts=self.max_attempts(),
            tags=self.tags(),
            labels=self.labels(),
            echoed={key: self.fields[key] for key in ECHOED if self.fields.get(key) is not None},
        )
        self.raise_faults()
        return task_file

    def raise_faults(self) -> None:
        if self.faults:
            raise InvalidTaskFile(self.faults)

    def refuse_what_is_not_offered(self) -> None:
        for key, sentence in NOT_OFFERED.items():
            if _asks_for_something(self.fields.get(key)):
                self.faults[key] = f"{sentence} Leave {key} out."
        if _asks_for_something(self.fields.get("privileges")):
            self.faults["privileges"] = "Instances are given no credentials by this farm. Leave privileges out."

    def text(self, key: str, longest: int, *, needed: bool = False) -> str:
        value = self.fields.get(key)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
            self.faults[key] = f"The {key} is a text of {'1' if needed else '0'} to {longest:,} characters."
            return ""
        return value

    def shortname(self) -> str:
        value = self.text("shortname", 255)
        if value and not _SHORTNAME.fullmatch(value):
            self.faults["shortname"] = (
                "A shortname has letters, digits and dashes, and begins and ends with a letter or digit."
            )
        return value

    def instances(self) -> tuple[int, str, list[int]]:
        """instanceCount, advancedRanges and the ids that one of them gives."""
        text, count = self.fields.get("advancedRanges"), self.fields.get("instanceCount")
        if text and count:
            self.faults["instanceCount"] = "Give either instanceCount or advancedRanges."
        elif isinstance(text, str) and text.strip():
            return 0, text, self.range_ids(text)
        elif text or isinstance(count, bool) or not isinstance(count, int) or count < 1:
            self.faults["instanceCount"] = "A task needs an instanceCount of at least 1, or advancedRanges."
        elif count > MAX_INSTANCES:
            self.faults["range-length"] = f"A task has at most {MAX_INSTANCES:,} instances."
        else:
            return count, "", list(range(count))
        return 0, "", []

    def range_ids(self, text: str) -> list[int]:
        try:
            return ranges.parse(text, longest=MAX_INSTANCES)
        except ranges.RangeError as fault:
            key = "range-length" if isinstance(fault, ranges.RangeTooLong) else "advancedRanges"
            self.faults[key] = str(fault)
            return []

    def constants(self) -> dict[str, str]:
        constants: dict[str, str] = {}
        for entry in self.listed("constants", most=150):
            name = entry.get("key") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not _CONSTANT_NAME.fullmatch(name):
                self.faults["constants"] = "A constant has a key of letters, digits, “_”, “.” and “-”, and a value."
                continue
            constants[name] = as_text(entry.get("value"))
            if len(constants[name]) > LONGEST_VALUE:
                self.faults["constants"] = f"The value of {name} has more than {LONGEST_VALUE:,} characters."
        return constants

    def resource_buckets(self) -> list[dict[str, Any]]:
        """The buckets in the advanced form, whichever form they came in."""
        plain = [{"bucketName": name} for name in self.listed("resourceBuckets", most=100)]
        buckets = []
        for entry in plain + self.listed("advancedResourceBuckets", most=100):
            if not isinstance(entry, dict) or not isinstance(entry.get("bucketName"), str):
                self.faults["advancedResourceBuckets"] = "A resource bucket is an object with a bucketName."
                continue
            buckets.append(
                {
                    "bucketName": entry["bucketName"],
                    "filtering": self.part(entry, "filtering", "prefixFiltering", "prefix"),
                    "resourcesTransformation": self.part(entry, "resourcesTransformation", "stripPrefix", "prefix"),
                    "cacheTTLSec": entry.get("cacheTTLSec"),
                }
            )
        return buckets

    def part(self, entry: dict[str, Any], outer: str, middle: str, inner: str) -> dict[str, Any]:
        """`{middle: {inner: text}}` of a bucket's `outer`, or nothing."""
        part = entry.get(outer) or {}
        rule = part.get(middle) if isinstance(part, dict) else part
        if not rule:
            return {}
        if not isinstance(rule, dict) or not isinstance(rule.get(inner), str):
            self.faults["advancedResourceBuckets"] = f"{outer} is {{“{middle}”: {{“{inner}”: text}}}} or empty."
            return {}
        return {middle: {inner: rule[inner]}}

    def result_bucket(self) -> str:
        name = self.text("resultBucket", 255) or self.text("resultsBucket", 255)
        try:
            return check_bucket_name(name) if name else ""
        except BadBucketName as fault:
            self.faults["resultBucket"] = str(fault)
            return ""

    def pattern(self, key: str) -> str:
        value = self.text(key, 2047)
        try:
            re.compile(_REFERENCE.sub("x", value))
        except re.error as fault:
            self.faults[key] = f"{key} is no regular expression: {fault}."
        return value

    def max_attempts(self) -> int:
        settings = self.fields.get("retrySettings")
        settings = settings if isinstance(settings, dict) else {}
        asked = [settings.get("maxPerInstanceRetries"), settings.get("maxTotalRetries")]
        retries = [number for number in [*asked, self.fields.get("maxRetriesPerInstance")] if number is not None]
        if any(isinstance(number, bool) or not isinstance(number, int) or number < 0 for number in retries):
            self.faults["retrySettings"] = "The numbers of retries are whole and not negative."
            return DEFAULT_ATTEMPTS
        return min(min(retries) + 1, MOST_ATTEMPTS) if retries else DEFAULT_ATTEMPTS

    def tags(self) -> list[str]:
        tags = self.listed("tags", most=10)
        if any(not isinstance(tag, str) or not 0 < len(tag) < 512 for tag in tags):
            self.faults["tags"] = "A tag is a text of 1 to 511 characters."
            return []
        return list(dict.fromkeys(tags))

    def labels(self) -> dict[str, str]:
        labels = self.fields.get("labels") or {}
        if not isinstance(labels, dict) or len(labels) > 100:
            self.faults["labels"] = "Labels are an object of at most 100 names, each with a text."
            return {}
        return {key: as_text(value) for key, value in labels.items()}

    def listed(self, key: str, most: int) -> list[Any]:
        value = self.fields.get(key) or []
        if not isinstance(value, list) or len(value) > most:
            self.faults[key] = f"{key} is a list of at most {most}."
            return []
        return value


def _asks_for_something(value: Any) -> bool:
    """Whether anything is set in it: SDKs send empty objects, zero ids and nulls for what nobody asked."""
    if isinstance(value, dict):
        return any(_asks_for_something(inner) for inner in value.values())
    if isinstance(value, list):
        return bool(value)
    return bool(value) and str(value).strip("0-") != ""
