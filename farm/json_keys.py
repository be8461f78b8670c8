"""Makes one form of the JSON that the SDKs of several languages send: `BucketName`, `bucketname`, `bucketName`."""

import json
import math
import re
from typing import Any

_NAMES = """
    name shortname profile poolUuid jobUuid projectUuid instanceCount advancedRanges
    constants key value forcedConstants constraints tags labels
    resourceBuckets advancedResourceBuckets bucketName filtering prefixFiltering prefix
    resourcesTransformation stripPrefix cacheTTLSec defaultResourcesCacheTTLSec ResultsCacheTTLSec
    resultBucket resultsBucket resultsBucketPrefix resultsWhitelist resultsBlacklist
    snapshotWhitelist snapshotBlacklist snapshotBucket snapshotBucketPrefix whitelist blacklist bucket bucketPrefix
    waitForPoolResourcesSynchronization uploadResultsOnCancellation
    dependencies dependsOn advancedDependsOn taskUuid taskFinalStateCondition
    maxTimeQueueSeconds autoDeleteOnCompletion completionTimeToLive hardwareConstraints
    discriminator coreCount minimumMemoryMB maximumMemoryMB minimumMemoryGBCoreRatio maximumMemoryGBCoreRatio
    specificationKey cpuModel interval licence
    schedulingType targetedReservedMachineKey targetedReservationName forcedNetworkRules
    secretsAccessRights bySecret byPrefix privileges exportApiAndStorageCredentialsInEnvironment
    retrySettings maxTotalRetries maxPerInstanceRetries maxRetriesPerInstance
    useDependencies maxWallTime priority capSeconds
    filter filters operator field values token maximumResults orderBy orderType select
"""
CANONICAL = {name.lower(): name for name in _NAMES.split()}
OWN_NAMES = frozenset({"labels"})
"""Objects whose keys are the person's own."""

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def canonical(value: Any, *, is_own: bool = False) -> Any:
    """The same JSON with the API's own spelling of its keys, and only characters and numbers a database keeps."""
    if isinstance(value, dict):
        return {
            storable(key) if is_own else _name_of(key): canonical(inner, is_own=_name_of(key) in OWN_NAMES)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return storable(value) if isinstance(value, str) else value


def storable(text: str) -> str:
    """Without what PostgreSQL (NUL) or UTF-8 (half a surrogate pair) can't hold."""
    return _NOT_STORABLE.sub("�", text)


def as_text(value: Any) -> str:
    """A constant's value as the text of its environment variable."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _name_of(key: str) -> str:
    return CANONICAL.get(key.lower(), storable(key))
