"""Files on their way from a browser to the store: begun, signed part by part, completed, left off."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from jobs.buckets import AccountBucket, UploadGone, bucket_of
from jobs.domain import paths
from jobs.domain.scenes import SCENES_BUCKET, key
from jobs.enums import SceneState, UploadState
from jobs.models import Scene, Upload

if TYPE_CHECKING:
    from accounts.models import Account

SMALLEST_PART_BYTES = 16 * 1024 * 1024
MOST_PARTS = 9000
MOST_FILES = 20_000
MOST_SCENE_BYTES = 200 * 1024**3
MOST_PARTS_SIGNED_AT_ONCE = 100
IDLE_FOR = timedelta(days=7)


class UploadRefused(ValueError):
    """Why the file can't be taken so, as a sentence for the page."""


class PartsMissing(Exception):
    """`numbers`: parts that have not arrived, or not whole."""

    def __init__(self, numbers: list[int]) -> None:
        super().__init__(f"{len(numbers)} parts are missing")
        self.numbers = numbers


def of(account: "Account") -> QuerySet[Upload]:
    return Upload.objects.filter(scene__account_id=account.pk).select_related("scene__account")


def part_size(size_bytes: int) -> int:
    """16 MiB, or as much as keeps the count under what S3 takes."""
    least = -(-size_bytes // MOST_PARTS)
    mebibyte = 1024 * 1024
    return max(SMALLEST_PART_BYTES, -(-least // mebibyte) * mebibyte)


def part_count(upload: Upload) -> int:
    return -(-upload.size_bytes // upload.part_size_bytes)


def size_of_part(upload: Upload, number: int) -> int:
    """Bytes; the last one is what is left. Numbers begin with 1."""
    if number == part_count(upload):
        return upload.size_bytes - (number - 1) * upload.part_size_bytes
    return upload.part_size_bytes


def begin(scene: Scene, path: str, size_bytes: int, fingerprint: str) -> Upload:
    """The upload of this file: a new one, or the one that was left off. Raises UploadRefused."""
    path = _checked(scene, path, size_bytes)
    _check_room(scene, path, size_bytes)
    upload = scene.uploads.filter(path=path).first()
    same = upload is not None and (upload.size_bytes, upload.fingerprint) == (size_bytes, fingerprint)
    if upload is not None and same and upload.state != UploadState.ABORTED:
        _touch(upload)
        return upload
    if upload is None:
        upload = Upload(id=uuid.uuid4(), scene=scene, path=path)
    elif upload.s3_upload_id:
        _bucket(upload).abort_upload(_key(upload), upload.s3_upload_id)
    upload.size_bytes, upload.fingerprint = size_bytes, fingerprint[:200]
    upload.part_size_bytes = part_size(size_bytes)
    return _begun(upload)


def _begun(upload: Upload) -> Upload:
    bucket = _bucket(upload)
    upload.touched_at = timezone.now()
    if upload.size_bytes:
        upload.s3_upload_id = bucket.begin_upload(_key(upload))
        upload.state = UploadState.OPEN
    else:  # S3 has no upload without a part
        bucket.put(_key(upload), b"")
        upload.s3_upload_id, upload.state = "", UploadState.COMPLETED
    try:
        with transaction.atomic():
            upload.save()
    except IntegrityError:  # the same file was begun twice at once: the first one counts
        bucket.abort_upload(_key(upload), upload.s3_upload_id)
        return Upload.objects.get(scene=upload.scene, path=upload.path)
    return upload


def _checked(scene: Scene, path: str, size_bytes: int) -> str:
    if scene.state != SceneState.UPLOADING:
        raise UploadRefused("This scene is complete. Begin a new render to add files.")
    if not 0 <= size_bytes <= MOST_SCENE_BYTES:
        raise UploadRefused("This file is larger than a scene may be (200 GB).")
    try:
        return paths.clean(path)
    except paths.PathRefused as refusal:
        raise UploadRefused(str(refusal)) from refusal


def _check_room(scene: Scene, path: str, size_bytes: int) -> None:
    there = scene.uploads.exclude(state=UploadState.ABORTED).exclude(path=path)
    if there.count() >= MOST_FILES:
        raise UploadRefused(f"A scene has at most {MOST_FILES:,} files. Leave out caches and old versions.")
    if (there.aggregate(sum=Sum("size_bytes"))["sum"] or 0) + size_bytes > MOST_SCENE_BYTES:
        raise UploadRefused("A scene has at most 200 GB. Leave out what it does not need.")
    twin = there.filter(path__iexact=path).first()
    if twin is not None:
        raise UploadRefused(f"{path} and {twin.path} differ only in capitals. Rename one of them.")


def sign(upload: Upload, numbers: Iterable[int]) -> dict[int, str]:
    """Part number → URL that takes exactly that part. Raises UploadRefused."""
    numbers = sorted(set(numbers))
    if upload.state != UploadState.OPEN:
        raise UploadRefused("This upload is over. Drop the file again.")
    if len(numbers) > MOST_PARTS_SIGNED_AT_ONCE:
        raise UploadRefused(f"At most {MOST_PARTS_SIGNED_AT_ONCE} parts at once.")
    if numbers and (numbers[0] < 1 or numbers[-1] > part_count(upload)):
        raise UploadRefused(f"This file has parts 1 to {part_count(upload)}.")
    bucket = _bucket(upload)
    _touch(upload)
    return {
        number: bucket.sign_part(_key(upload), upload.s3_upload_id, number, size_of_part(upload, number))
        for number in numbers
    }


def done_parts(upload: Upload) -> list[int]:
    """The parts that have arrived whole."""
    if upload.state == UploadState.COMPLETED:
        return list(range(1, part_count(upload) + 1))
    if upload.state == UploadState.ABORTED:
        return []
    return sorted(_whole_parts(upload))


def _whole_parts(upload: Upload) -> dict[int, str]:
    try:
        arrived = _bucket(upload).parts(_key(upload), upload.s3_upload_id)
    except UploadGone:
        return {}
    last = part_count(upload)
    return {
        number: etag
        for number, (size, etag) in arrived.items()
        if 1 <= number <= last and size == size_of_part(upload, number)
    }


def complete(upload: Upload) -> None:
    """Joins the parts and looks at the size. Twice is once. Raises PartsMissing, UploadRefused."""
    if upload.state == UploadState.COMPLETED:
        return
    if upload.state == UploadState.ABORTED:
        raise UploadRefused("This upload is over. Drop the file again.")
    bucket = _bucket(upload)
    etags = _whole_parts(upload)
    missing = [number for number in range(1, part_count(upload) + 1) if number not in etags]
    if missing and bucket.size_of(_key(upload)) != upload.size_bytes:
        raise PartsMissing(missing)
    if not missing:
        bucket.complete_upload(_key(upload), upload.s3_upload_id, etags)
    if bucket.size_of(_key(upload)) != upload.size_bytes:
        raise UploadRefused("The file arrived with another size than it has. Drop it again.")
    Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN).update(
        state=UploadState.COMPLETED, touched_at=timezone.now()
    )
    upload.state = UploadState.COMPLETED


def abort(upload: Upload) -> None:
    """Leaves the file out and frees its parts."""
    bucket = _bucket(upload)
    if upload.state == UploadState.OPEN:
        bucket.abort_upload(_key(upload), upload.s3_upload_id)
    elif upload.state == UploadState.COMPLETED and upload.scene.state == SceneState.UPLOADING:
        bucket.delete(_key(upload))
    else:
        return
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)
    upload.state = UploadState.ABORTED


def still_open(account: "Account") -> QuerySet[Upload]:
    """What can be gone on with, newest first."""
    return of(account).filter(state=UploadState.OPEN, scene__state=SceneState.UPLOADING).order_by("-touched_at")


def abort_idle(most: int = 50) -> None:
    """The sweep's part: frees what nobody came back to."""
    idle = Upload.objects.filter(state=UploadState.OPEN, touched_at__lt=timezone.now() - IDLE_FOR)
    for upload in idle.select_related("scene__account")[:most]:
        abort(upload)


def _touch(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(touched_at=timezone.now())


def _bucket(upload: Upload) -> AccountBucket:
    return bucket_of(upload.scene.account, SCENES_BUCKET)


def _key(upload: Upload) -> str:
    return key(upload.scene, upload.path)
