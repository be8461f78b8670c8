"""Lays a task's resource buckets together in its job folder: later ones win, nothing lands outside.

Keys come from strangers. One that can't be a path below the folder is left out, and named to the artist.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from farm.models import Task
from farm.storage import backing

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


class NoRoom(Exception):
    """This machine's disk can't hold the task's files."""


@dataclass
class Plan:
    objects: dict[str, tuple[str, str]] = field(default_factory=dict)
    """path below the job folder → (bucket, key)"""
    sizes: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def total_bytes(self) -> int:
        return sum(self.sizes.values())


def stage(task: Task, folder: Path, should_stop: Callable[[], bool]) -> Plan:
    """Downloads everything into the empty folder. Stops early, incomplete, when asked to.

    Raises StagingFailed, NoRoom, or boto's errors when the store does not answer.
    """
    plan = plan_of(task)
    if plan.total_bytes + FREE_AFTER_STAGING_BYTES > shutil.disk_usage(folder).free:
        raise NoRoom(f"{plan.total_bytes // 2**20} MB of scene files don't fit on this machine's disk.")
    _refuse_clashes(plan)
    for path in plan.objects:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)

    def fetch(path: str) -> None:
        if not should_stop():
            _fetch(task, *plan.objects[path], folder / path)

    with ThreadPoolExecutor(PARALLEL_DOWNLOADS, thread_name_prefix="staging") as pool:
        list(pool.map(fetch, plan.objects))
    return plan


def plan_of(task: Task) -> Plan:
    plan = Plan()
    for resource in task.resource_buckets:
        bucket = resource["bucketName"]
        prefix = ((resource.get("filtering") or {}).get("prefixFiltering") or {}).get("prefix") or ""
        strip = ((resource.get("resourcesTransformation") or {}).get("stripPrefix") or {}).get("prefix") or ""
        for found in backing.list_objects(task.account_id, bucket, prefix):
            path = safe_path(found.key.removeprefix(strip).lstrip("/"))
            if path:
                plan.objects[path] = (bucket, found.key)
                plan.sizes[path] = found.size
            elif not found.key.endswith("/"):
                plan.left_out.append(found.key)
    return plan


def safe_path(key: str) -> str | None:
    """The key as a path below a folder; None where it is none (`../x`, `a//b`, control characters, too long)."""
    parts = key.split("/")
    if any(part in ("", ".", "..") or len(os.fsencode(part)) > _LONGEST_NAME_BYTES for part in parts):
        return None
    if len(os.fsencode(key)) > _LONGEST_PATH_BYTES or any(not character.isprintable() for character in key):
        return None
    return key


def _refuse_clashes(plan: Plan) -> None:
    for path in plan.objects:
        if any(str(parent) in plan.objects for parent in Path(path).parents):
            raise StagingFailed(
                "RESOURCES_CLASH", f"A folder of “{path}” is a file elsewhere in the buckets. Rename it."
            )


def _fetch(task: Task, bucket: str, key: str, path: Path) -> None:
    try:
        backing.download(task.account_id, bucket, key, path)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise StagingFailed(
                "RESOURCE_MISSING",
                f"“{key}” was removed from the bucket “{bucket}” while the task waited. Upload it again and resubmit.",
            ) from error
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
