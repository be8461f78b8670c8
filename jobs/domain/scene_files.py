"""The files of a scene as they were dropped: unpacked, which of them is the scene, laid out for a reader."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs import farms, software
from jobs.buckets import AccountBucket, StoredObject
from jobs.domain import archives, blend_files
from jobs.domain.paths import likeliest_main
from jobs.models import Scene
from jobs.profiles import BLENDER

MOST_READ_BYTES = 40 * 1024**3
"""Of all files of a scene that are read whole, on this worker's disk."""
LARGEST_TEXT_BYTES = 256 * 1024 * 1024
"""What software other than Blender describes a scene in; anything larger is not read, its name is enough."""

Objects = dict[str, StoredObject]
"""Path inside the scene → object."""


class Refused(Exception):
    """The scene can't be rendered; `problem` says why."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["id"])
        self.problem = problem


def unpacked(scene: Scene, bucket: AccountBucket, alive: Callable[[], None]) -> Objects:
    """A zip is unpacked where no .blend lies beside it: an .ini or .cfg may be anything. Raises Refused."""
    prefix = f"{scene.pk}/"
    objects = {found.key.removeprefix(prefix): found for found in bucket.list(prefix)}
    zips = [path for path in objects if path.lower().endswith(".zip")]
    if zips and not any(path.lower().endswith(".blend") for path in objects):
        for path in zips:
            try:
                archives.unpack(bucket, objects[path].key, objects[path].size, prefix, alive)
            except archives.ArchiveRefused as refused:
                raise Refused(refused.problem) from refused
        objects = {found.key.removeprefix(prefix): found for found in bucket.list(prefix)}
    return objects


def main_files(scene: Scene, bucket: AccountBucket, objects: Objects) -> list[str]:
    """What may be the scene, what was chosen or is likeliest first; all of one software.

    A .blend comes before the files of other software. Raises Refused, FarmDown while nobody says what is rendered.
    """
    families = {path: software.family_of(scene.account, path) for path in objects}
    chosen = scene.main_file if families.get(scene.main_file) else ""
    blends = likeliest_main(path for path, family in families.items() if family == BLENDER)
    others = likeliest_main(path for path, family in families.items() if family and family != BLENDER)
    found = blends or others
    if not found:
        raise Refused(_why_none(scene, bucket, objects))
    first = chosen or found[0]
    found = [path for path in found if families[path] == families[first]]
    return [first, *(path for path in found if path != first)]


def _why_none(scene: Scene, bucket: AccountBucket, objects: Objects) -> dict[str, Any]:
    if not software.on_offer(scene.account):
        raise farms.FarmDown("it does not say what it renders")
    endings = software.endings_in_words(scene.account)
    if len(objects) != 1:
        return {"id": "no_scene", "count": len(objects), "endings": endings}
    (path, found) = next(iter(objects.items()))
    start = head(bucket, found)
    refusal = blend_files.refusal(path, start)
    if refusal and refusal["id"] != "not_a_blend":
        return refusal
    return {"id": "not_a_scene", "file": path, "looks": blend_files.looks_of(start), "endings": endings}


def head(bucket: AccountBucket, found: StoredObject) -> bytes:
    return bucket.read(found.key, 0, min(found.size, blend_files.MAGIC_BYTES) - 1) if found.size else b""


def lay_out(bucket: AccountBucket, objects: Objects, whole: list[str], folder: Path) -> None:
    """These whole; of every other file its name, which is all that is asked about it. Raises Refused."""
    if sum(objects[path].size for path in whole) > MOST_READ_BYTES:
        raise Refused({"id": "too_heavy_to_read", "file": whole[0]})
    read = set(whole)
    for path, found in objects.items():
        there = folder / path
        there.parent.mkdir(parents=True, exist_ok=True)
        if path in read:
            bucket.download(found.key, there)
        else:
            there.touch()


def readable(objects: Objects) -> list[str]:
    """What may describe a scene of other software."""
    return [path for path, found in objects.items() if found.size <= LARGEST_TEXT_BYTES]
