"""Frames that landed: objects of the result bucket found again as the frames that were ordered."""

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from django.db.models import QuerySet
from django.utils import timezone

from jobs.buckets import StoredObject, bucket_of
from jobs.domain import result_files
from jobs.domain.reports import SUCCESS, InstanceReport
from jobs.enums import FrameState, Where
from jobs.models import Frame, Job

_PICTURE = re.compile(r"0*(\d{1,9})\.(png|exr|jpe?g|tga|webp|tiff?)", re.I)
_ENDINGS = {"MULTILAYER": (".exr",), "JPEG": (".jpg", ".jpeg"), "TIFF": (".tif", ".tiff")}
"""Of formats that are not called as their files end."""
FRAMES_AT_ONCE = 500


def arrived(job: Job, succeeded: Collection[InstanceReport]) -> dict[int, StoredObject]:
    """Frame number → object, for frames the farm is done with that were not here yet. Asks the store."""
    if not job.result_bucket or not job.makes_pictures or not succeeded:
        return {}
    awaited = set(_awaited(job).values_list("number", flat=True))
    wanted = [said for said in succeeded if said.frame in awaited]
    if not wanted:
        return {}
    objects = result_files.objects_of(bucket_of(job.account, job.result_bucket, Where(job.farm)), wanted)
    found = by_number(objects, job.output_format)
    return {said.frame: found[said.frame] for said in wanted if said.frame in found}


def _awaited(job: Job) -> QuerySet[Frame]:
    return Frame.objects.filter(job_id=job.pk, key="").exclude(state__in=[FrameState.DONE, FrameState.FAILED])


def by_number(objects: Iterable[StoredObject], output_format: str) -> dict[int, StoredObject]:
    """`0001.png` is frame 1. Of several with one number: the ordered format, then the one nearest the top."""
    endings = _ENDINGS.get(output_format, (f".{output_format.lower()}",))

    def worth(found: StoredObject) -> tuple[bool, int, str]:
        return PurePosixPath(found.key).suffix.lower() not in endings, found.key.count("/"), found.key

    best: dict[int, StoredObject] = {}
    for found in objects:
        match = _PICTURE.fullmatch(PurePosixPath(found.key).name)
        if match is None or not found.size:
            continue
        number = int(match[1])
        if number not in best or worth(found) < worth(best[number]):
            best[number] = found
    return best


def land(job: Job, landed: dict[int, StoredObject], revision: int) -> None:
    """Inside a `revisions.change`: they can be looked at and downloaded from now on."""
    now = timezone.now()
    numbers = sorted(landed)
    for first in range(0, len(numbers), FRAMES_AT_ONCE):
        frames = list(_awaited(job).filter(number__in=numbers[first : first + FRAMES_AT_ONCE]))
        for frame in frames:
            found = landed[frame.number]
            frame.state, frame.key, frame.size_bytes = FrameState.DONE, found.key, found.size
            frame.landed_at, frame.problem, frame.revision = now, None, revision
        Frame.objects.bulk_update(
            frames, ["state", "key", "size_bytes", "landed_at", "problem", "revision"], batch_size=FRAMES_AT_ONCE
        )


def count_as_done(job: Job, instances: Collection[InstanceReport], revision: int) -> None:
    """Of a task without pictures: an instance is done when the farm says so, whatever it gave back."""
    if job.makes_pictures:
        return
    numbers = [said.frame for said in instances if said.phase == SUCCESS]
    for first in range(0, len(numbers), FRAMES_AT_ONCE):
        awaited = _awaited(job).filter(number__in=numbers[first : first + FRAMES_AT_ONCE])
        awaited.update(state=FrameState.DONE, landed_at=timezone.now(), problem=None, revision=revision)


def count(job: Job) -> dict[str, int]:
    """The job's counts of frames, as they are in the rows now."""
    frames = Frame.objects.filter(job_id=job.pk)
    return {
        "frames_done_count": frames.filter(state=FrameState.DONE).count(),
        "frames_failed_count": frames.filter(state=FrameState.FAILED).count(),
    }
