"""Landed frames are opened in the sandbox: it shows that they are pictures, and makes the ones pages show."""

import json
import logging
import os
import stat
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, cast

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs import sandboxed
from jobs.buckets import AccountBucket, StoreError, bucket_of
from jobs.domain import finishing, landing, scenes
from jobs.domain.revisions import change
from jobs.enums import FrameState, Where
from jobs.hurry import hurry
from jobs.models import Frame, Job

logger = logging.getLogger(__name__)

FRAMES_AT_ONCE = 16
BYTES_AT_ONCE = 1024**3
SECONDS_A_PICTURE = 20
MEMORY_MB = 6144
LARGEST_PREVIEW_BYTES = 8 * 1024 * 1024
LEASE = timedelta(minutes=8)
STORES_OWN_TROUBLE = (401, 403, 408, 429)
"""HTTP: our keys, our clock, its hurry. No frame fails of these."""


def open_landed(job: Job) -> None:
    """Opens every landed frame of the job, some at a time. A second call meanwhile does nothing.

    Where nothing would hold them they stay as they are: there to download, without a preview.
    """
    if not sandboxed.may_open(job.account):
        return
    now = timezone.now()
    free = Q(pictures_leased_until__isnull=True) | Q(pictures_leased_until__lte=now)
    if not Job.objects.filter(free, pk=job.pk).update(pictures_leased_until=now + LEASE):
        return
    try:
        while frames := _next(job):
            _open(job, frames)
            Job.objects.filter(pk=job.pk).update(pictures_leased_until=timezone.now() + LEASE)
    except StoreError as failure:
        logger.warning("pictures of %s: the store does not answer: %s", job.pk, failure)
        return
    finally:
        Job.objects.filter(pk=job.pk).update(pictures_leased_until=None)
    if finishing.unopened(job).exists():  # landed between the last look and the end of the lease
        hurry("open_pictures", job.pk)
    Job.objects.filter(
        pk=job.pk, next_poll_at__isnull=False, farm_state__in=["Success", "Failure", "Cancelled"]
    ).update(next_poll_at=timezone.now())


def _next(job: Job) -> list[Frame]:
    frames: list[Frame] = []
    for frame in finishing.unopened(job).order_by("landed_at", "number")[:FRAMES_AT_ONCE]:
        if frames and sum(f.size_bytes for f in frames) + frame.size_bytes > BYTES_AT_ONCE:
            break
        frames.append(frame)
    return frames


def _open(job: Job, frames: list[Frame]) -> None:
    with tempfile.TemporaryDirectory(prefix="pictures-") as room:
        folder = Path(room)
        bucket = bucket_of(job.account, job.result_bucket, Where(job.farm))
        files = {frame.number: f"{frame.number}{PurePosixPath(frame.key).suffix.lower()}" for frame in frames}
        for frame in frames:
            if problem := _fetched(bucket, frame, folder / files[frame.number]):
                frame.state, frame.problem = FrameState.FAILED, problem
                del files[frame.number]
        said = _made(folder, files, _colour(job)) if files else {}
        for frame in frames:
            if frame.number in files:
                _keep(frame, said.get(frame.number, {"error": "the reader did not mention it"}), folder)
    with change(job.pk) as revision:
        for frame in frames:
            frame.revision = revision
            same = Frame.objects.filter(pk=frame.pk, key=frame.key, landed_at=frame.landed_at)
            same.update(**{name: getattr(frame, name) for name in _WRITTEN})
        Job.objects.filter(pk=job.pk).update(**landing.count(job))


def _fetched(bucket: AccountBucket, frame: Frame, to: Path) -> dict[str, Any] | None:
    """What is wrong with this one object. Raises StoreError where the trouble is the store's, not the object's."""
    try:
        bucket.download(frame.key, to)
    except ClientError as failure:
        status = failure.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            return {"id": "frame_missing"}
        if status in STORES_OWN_TROUBLE or status >= 500:
            raise
        return {"id": "frame_unreadable", "reason": f"the storage does not give it out ({status})"}
    return None


_WRITTEN = ("state", "width", "height", "thumbnail", "preview", "looks", "problem", "revision")


def _made(folder: Path, files: dict[int, str], colour: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """What the program says of each frame. One that kills it is found by asking for each alone."""
    order = {
        "folder": sandboxed.inside(folder),
        "pictures": [{"file": file, "name": str(number)} for number, file in files.items()],
        "colour": colour,
    }
    (folder / "order.json").write_text(json.dumps(order))
    shown = [Path(colour["config"]).parent] if colour["config"] else []
    try:
        said = sandboxed.run(
            "pictures.py",
            [f"{sandboxed.inside(folder)}/order.json"],
            folder=folder,
            seconds=SECONDS_A_PICTURE * (1 + len(files)),
            memory_mb=MEMORY_MB,
            shown=shown,
        )
    except sandboxed.ReaderFailed as failure:
        logger.warning("pictures %s: %s", sorted(files.values()), failure)
        if len(files) == 1:
            return {number: {"error": f"it made the reader fail ({failure.reason})"} for number in files}
        alone = [_made(folder, {number: file}, colour) for number, file in files.items()]
        return {number: said for one in alone for number, said in one.items()}
    return {int(entry["name"]): entry for entry in said["pictures"]}


def _colour(job: Job) -> dict[str, Any]:
    """How the scene is looked at, by the configuration of the Blender that rendered it."""
    view = vars(scenes.facts(job.scene).colour) if job.scene and job.scene.facts.get("colour") else {}
    if not settings.COLOUR_CONFIG:
        return {**view, "config": ""}
    config_of = cast(Callable[[str], str], import_string(settings.COLOUR_CONFIG))
    return {**view, "config": config_of(job.profile)}


def _keep(frame: Frame, said: dict[str, Any], folder: Path) -> None:
    """Puts what was made into the store and what was said into the frame, unsaved."""
    if "error" in said:
        frame.state = FrameState.FAILED
        frame.problem = {"id": "frame_unreadable", "reason": str(said["error"])[:300]}
        return
    try:
        _keep_previews(frame, said, folder)
    except (OSError, KeyError, ValueError) as failure:
        logger.warning("frame %s: the reader left no preview: %s", frame.pk, failure)
        frame.state, frame.width, frame.height = FrameState.FAILED, 0, 0
        frame.problem = {"id": "frame_unreadable", "reason": "no preview could be made of it"}


def _keep_previews(frame: Frame, said: dict[str, Any], folder: Path) -> None:
    """Raises OSError, KeyError, ValueError where what the sandbox left is not what was asked for."""
    frame.width, frame.height = int(said["width"]), int(said["height"])
    if said.get("is_too_large"):
        return
    frame.looks = str(said["looks"])[:20]
    for field, width in ((frame.thumbnail, 320), (frame.preview, 1920)):
        name = f"{frame.job_id}/{frame.number}-{frame.landed_at:%H%M%S%f}.webp"
        field.save(name, ContentFile(_bytes_of(folder / f"{frame.number}-{width}.webp")), save=False)


def _bytes_of(path: Path) -> bytes:
    """A file the sandbox left: a regular one, no link, of bounded size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > LARGEST_PREVIEW_BYTES:
            raise OSError(f"{path.name} is not a preview")
        return file.read(LARGEST_PREVIEW_BYTES)
