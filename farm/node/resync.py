"""Brings resources that changed into the job folder of an instance that renders.

The scene may have put links where its folders were: so every folder on the way is opened without following any,
and a file that is whole is moved to its place in one step.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.models import Task
from farm.node import staging
from farm.node.collector import Stamp, stamp_of
from farm.node.staging import Plan
from farm.qbox.asking import Nearby


@dataclass(frozen=True)
class News:
    """What is new or changed in the buckets, downloaded into a folder the scene can't reach."""

    plan: Plan
    """All that the buckets hold now."""
    changed: Plan
    folder: Path


def fetch(
    task: Task,
    before: Plan,
    incoming: Path,
    should_stop: Callable[[], bool],
    on_bytes: Callable[[int], None],
    qbox: Nearby | None = None,
) -> News:
    """Raises StagingFailed, NoRoom or boto's errors. What is gone from the buckets stays in the job folder."""
    plan = staging.plan_of(task)
    staging.refuse_clashes(Plan({**before.objects, **plan.objects}))
    changed = plan.since(before)
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    staging.download(task, changed, incoming, should_stop, on_bytes, qbox)
    return News(plan, changed, incoming)


def lay(news: News, job: Path) -> tuple[dict[str, Stamp], list[str]]:
    """Moves the files into the job folder: the stamps of those now there, and sentences about those that aren't."""
    laid: dict[str, Stamp] = {}
    faults: list[str] = []
    for path in news.changed.objects:
        try:
            laid[path] = _lay(news.folder / path, job, path)
        except OSError as error:
            faults.append(f"{path[:200]!a} was not brought: {error.strerror}")
    return laid, faults


def _lay(file: Path, job: Path, path: str) -> Stamp:
    *folders, name = path.split("/")
    place = os.open(job, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for folder in folders:
            inner = _opened(folder, place)
            os.close(place)
            place = inner
        owner = os.fstat(place)
        os.chown(file, owner.st_uid, owner.st_gid)
        os.rename(file, name, dst_dir_fd=place)
        return stamp_of(os.stat(name, dir_fd=place, follow_symlinks=False))
    finally:
        os.close(place)


def _opened(folder: str, place: int) -> int:
    """The folder in the folder `place`, made as one of the same owner if it isn't there."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(folder, flags, dir_fd=place)
    except FileNotFoundError:
        os.mkdir(folder, 0o755, dir_fd=place)
        owner = os.fstat(place)
        os.chown(folder, owner.st_uid, owner.st_gid, dir_fd=place, follow_symlinks=False)
        return os.open(folder, flags, dir_fd=place)
