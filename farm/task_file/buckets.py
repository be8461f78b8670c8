"""Where the files come from and where the results go."""

from typing import Any

from farm.json_fields import Fields
from farm.storage.names import BadBucketName, BadKey, check_beginning, check_bucket_name, check_key

LONGEST_PREFIX = 512
"""Characters; a key has room for a path after it."""


def resource_buckets(fields: Fields) -> list[dict[str, Any]]:
    """The buckets in the advanced form, whichever form they came in."""
    plain = [{"bucketName": name} for name in fields.listed("resourceBuckets", most=100)]
    buckets = []
    for entry in plain + fields.listed("advancedResourceBuckets", most=100):
        if not isinstance(entry, dict) or not isinstance(entry.get("bucketName"), str):
            fields.faults["advancedResourceBuckets"] = "A resource bucket is an object with a bucketName."
            continue
        buckets.append(
            {
                "bucketName": entry["bucketName"],
                "filtering": _rule(fields, entry, "filtering", "prefixFiltering"),
                "resourcesTransformation": _rule(fields, entry, "resourcesTransformation", "stripPrefix"),
                "cacheTTLSec": entry.get("cacheTTLSec"),
            }
        )
    return buckets


def result_bucket(fields: Fields) -> str:
    name = fields.text("resultBucket", 255) or fields.text("resultsBucket", 255)
    try:
        return check_bucket_name(name) if name else ""
    except BadBucketName as fault:
        fields.faults["resultBucket"] = str(fault)
        return ""


def results_prefix(fields: Fields) -> str:
    prefix = fields.text("resultsBucketPrefix", LONGEST_PREFIX)
    try:
        check_key(f"{prefix}0001.png")
    except BadKey as fault:
        fields.faults["resultsBucketPrefix"] = str(fault)
    return prefix


def _rule(fields: Fields, entry: dict[str, Any], outer: str, inner: str) -> dict[str, Any]:
    """`{inner: {"prefix": text}}` of a bucket's `outer`, or nothing."""
    part = entry.get(outer) or {}
    rule = part.get(inner) if isinstance(part, dict) else part
    if not rule:
        return {}
    if not isinstance(rule, dict) or not isinstance(rule.get("prefix"), str):
        fields.faults["advancedResourceBuckets"] = f"{outer} is {{“{inner}”: {{“prefix”: text}}}} or empty."
        return {}
    try:
        return {inner: {"prefix": check_beginning(rule["prefix"])}}
    except BadKey as fault:
        fields.faults["advancedResourceBuckets"] = str(fault)
        return {}
