"""Lays a task's resource buckets together in its job folder: later ones win, nothing lands outside.

Keys come from strangers. One that can't be a path below the folder is left out, and named to the artist.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from farm.models import Task
from farm.qbox.asking import Nearby
from farm.qbox.want import Want
from farm.storage import backing
from farm.storage.names import BadKey, can_be_shown

PARALLEL_DOWNLOADS = 6
FREE_AFTER_STAGING_BYTES = 1024**3
_LONGEST_NAME_BYTES = 255
_LONGEST_PATH_BYTES = 2048

StorageErrors = (BotoCoreError, ClientError)


class StagingFailed(Exception):
    """The order's fault: trying again gives the same. `code` and the sentence go to the artist."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ResourceGone(StagingFailed):
    """A file was removed from its bucket after it was listed there."""

    def __init__(self, bucket: str, key: str) -> None:
        sentence = (
            f"“{key}” was removed from the bucket “{bucket}” while the task waited. Upload it again and resubmit."
        )
        super().__init__("RESOURCE_MISSING", sentence)
        self.bucket = bucket
        self.key = key


class NoRoom(Exception):
    """This machine's disk can't hold the task's files."""


class Source(NamedTuple):
    bucket: str
    key: str
    etag: str
    size: int
    """Bytes."""


@dataclass
class Plan:
    objects: dict[str, Source] = field(default_factory=dict)
    """path below the job folder → what lies there"""
    left_out: list[str] = field(default_factory=list)

    @property
    def total_bytes(self) -> int:
        return sum(source.size for source in self.objects.values())

    def since(self, before: "Plan") -> "Plan":
        """What is new or changed, of what `before` brought."""
        changed = {path: source for path, source in self.objects.items() if before.objects.get(path) != source}
        return Plan(changed)


def stage(
    task: Task,
    folder: Path,
    should_stop: Callable[[], bool],
    on_bytes: Callable[[int], None] | None = None,
    qbox: Nearby | None = None,
) -> Plan:
    """Downloads everything into the empty folder, by the Q.Box if there is one. Stops early, incomplete, when asked to.

    Raises StagingFailed, NoRoom, or boto's errors when the store does not answer.
    """
    plan = plan_of(task)
    refuse_clashes(plan)
    download(task, plan, folder, should_stop, on_bytes, qbox)
    return plan


def download(
    task: Task,
    plan: Plan,
    folder: Path,
    should_stop: Callable[[], bool],
    on_bytes: Callable[[int], None] | None,
    qbox: Nearby | None = None,
) -> None:
    """Brings the plan's files into a folder that nobody else writes in. Raises as `stage` does."""
    if plan.total_bytes + FREE_AFTER_STAGING_BYTES > shutil.disk_usage(folder).free:
        raise NoRoom(f"{plan.total_bytes // 2**20} MB of scene files don't fit on this machine's disk.")
    for path in plan.objects:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)

    def fetch(path: str) -> None:
        if not should_stop():
            _fetch(task, plan.objects[path], folder / path, on_bytes, qbox)

    with ThreadPoolExecutor(PARALLEL_DOWNLOADS, thread_name_prefix="staging") as pool:
        list(pool.map(fetch, plan.objects))


def plan_of(task: Task) -> Plan:
    plan = Plan()
    for resource in task.resource_buckets:
        bucket = resource["bucketName"]
        prefix = ((resource.get("filtering") or {}).get("prefixFiltering") or {}).get("prefix") or ""
        strip = ((resource.get("resourcesTransformation") or {}).get("stripPrefix") or {}).get("prefix") or ""
        for found in _found_in(task, bucket, prefix):
            path = safe_path(found.key.removeprefix(strip).lstrip("/"))
            if path:
                plan.objects[path] = Source(bucket, found.key, found.etag, found.size)
            elif not found.key.endswith("/"):
                plan.left_out.append(found.key)
    return plan


def _found_in(task: Task, bucket: str, prefix: str) -> Iterator[backing.StoredObject]:
    try:
        yield from backing.list_objects(task.account_id, bucket, prefix)
    except BadKey as fault:
        raise StagingFailed("RESOURCES_UNREADABLE", f"The prefix of the bucket “{bucket}”: {fault}") from fault


def safe_path(key: str) -> str | None:
    """The key as a path below a folder; None where it is none (`../x`, `a//b`, control characters, too long)."""
    parts = key.split("/")
    if any(part in ("", ".", "..") or len(os.fsencode(part)) > _LONGEST_NAME_BYTES for part in parts):
        return None
    if len(os.fsencode(key)) > _LONGEST_PATH_BYTES or not can_be_shown(key):
        return None
    return key


def refuse_clashes(plan: Plan) -> None:
    """Raises StagingFailed where a path is a file in one bucket and a folder in another."""
    for path in plan.objects:
        if any(str(parent) in plan.objects for parent in Path(path).parents):
            raise StagingFailed(
                "RESOURCES_CLASH", f"A folder of “{path}” is a file elsewhere in the buckets. Rename it."
            )


def _fetch(task: Task, source: Source, path: Path, on_bytes: Callable[[int], None] | None, qbox: Nearby | None) -> None:
    if qbox and qbox.fetch(Want(task.account_id, *source), path, on_bytes):
        return
    try:
        backing.download(task.account_id, source.bucket, source.key, path, on_bytes=on_bytes)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise ResourceGone(source.bucket, source.key) from error
        raise


def wipe(folder: Path) -> None:
    """Removes a folder a scene wrote in: also a tree that is endlessly deep, or took its own rights away."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        subprocess.run(["chmod", "-R", "u+rwX", "--", folder], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", "--", folder], check=True)
