"""Files on their way from a browser to the store: begun, signed part by part, completed, left off."""

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from jobs.buckets import AccountBucket, QarnotShut, StoreError, UploadGone
from jobs.domain import library_files, paths
from jobs.domain.upload_places import Place, bucket_at, key_at, rules_of
from jobs.enums import SceneState, UploadState
from jobs.models import Library, LibraryFile, Upload

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

SMALLEST_PART_BYTES = 16 * 1024 * 1024
MOST_PARTS = 9000
MOST_PARTS_SIGNED_AT_ONCE = 100
IDLE_FOR = timedelta(days=7)
FREED_AGAIN_AFTER = timedelta(days=1)
"""Where the store did not answer: meanwhile the others have their turn."""


class UploadRefused(ValueError):
    """Why the file can't be taken so, as a sentence for the page."""


class PartsMissing(Exception):
    """`numbers`: parts that have not arrived, or not whole."""

    def __init__(self, numbers: list[int]) -> None:
        super().__init__(f"{len(numbers)} parts are missing")
        self.numbers = numbers


def of(account: "Account") -> QuerySet[Upload]:
    is_theirs = Q(scene__account=account.pk) | Q(library__account=account.pk) | Q(add_on__account=account.pk)
    return Upload.objects.filter(is_theirs).select_related("scene__account", "library__account", "add_on__account")


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


def begin(place: Place, path: str, size_bytes: int, fingerprint: str) -> Upload:
    """The upload of this file: a new one, or the one that was left off. Raises UploadRefused."""
    path = _checked(place, path, size_bytes)
    _check_room(place, path, size_bytes)
    upload = place.uploads.filter(path=path).first()
    if upload is not None and (upload.size_bytes, upload.fingerprint) == (size_bytes, fingerprint) and _goes_on(upload):
        _touch(upload)
        return upload
    if upload is None:
        upload = _new(place, path)
    elif upload.s3_upload_id:
        _bucket(upload).abort_upload(_key(upload), upload.s3_upload_id)
    upload.size_bytes, upload.fingerprint = size_bytes, fingerprint[:200]
    upload.part_size_bytes = part_size(size_bytes)
    return _begun(upload)


def _goes_on(upload: Upload) -> bool:
    """One that arrived counts only while its file is there: S3 tools may have taken it away."""
    if upload.state == UploadState.COMPLETED:
        return _bucket(upload).size_of(_key(upload)) == upload.size_bytes
    return upload.state == UploadState.OPEN


def _new(place: Place, path: str) -> Upload:
    return Upload(id=uuid.uuid4(), path=path, **{rules_of(place).field: place})


def _begun(upload: Upload) -> Upload:
    bucket = _bucket(upload)
    if not bucket.lets_pages_in:
        raise UploadRefused(
            "The storage there takes no files from this page. Choose this studio's machines for the upload: "
            "the files are brought over when you order the render."
        )
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
        return upload.place.uploads.get(path=upload.path)
    if upload.state == UploadState.COMPLETED:
        _note(upload)
    return upload


def _note(upload: Upload) -> None:
    """A library shows its files as they arrive."""
    if upload.library is not None:
        library_files.note(upload.library, upload.path)


def _checked(place: Place, path: str, size_bytes: int) -> str:
    rules = rules_of(place)
    if rules.why_shut:
        raise UploadRefused(rules.why_shut)
    if not 0 <= size_bytes <= rules.most_bytes:
        raise UploadRefused(f"This file is larger than {_a(rules.noun)} may be ({rules.most_words}).")
    try:
        return paths.clean(path)
    except paths.PathRefused as refusal:
        raise UploadRefused(str(refusal)) from refusal


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _check_room(place: Place, path: str, size_bytes: int) -> None:
    rules = rules_of(place)
    what = _a(rules.noun).capitalize()
    others = [held.exclude(path=path) for held in _held(place)]
    if sum(held.count() for held in others) >= rules.most_files:
        files = "1 file" if rules.most_files == 1 else f"{rules.most_files:,} files"
        raise UploadRefused(f"{what} has at most {files}. Leave out caches and old versions.")
    if sum(held.aggregate(sum=Sum("size_bytes"))["sum"] or 0 for held in others) + size_bytes > rules.most_bytes:
        raise UploadRefused(f"{what} has at most {rules.most_words}. Leave out what it does not need.")
    for held in others:
        twin = held.filter(path__iexact=path).first()
        if twin is not None:
            raise UploadRefused(f"{path} and {twin.path} differ only in capitals. Rename one of them.")


def _held(place: Place) -> list[QuerySet[Any]]:
    """What counts against its room: a library's files stay whoever brought them."""
    if isinstance(place, Library):
        return [LibraryFile.objects.filter(library=place), place.uploads.filter(state=UploadState.OPEN)]
    return [place.uploads.exclude(state=UploadState.ABORTED)]


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
    _note(upload)


def abort(upload: Upload) -> None:
    """Leaves the file out and frees its parts."""
    bucket = _bucket(upload)
    if upload.state == UploadState.OPEN:
        bucket.abort_upload(_key(upload), upload.s3_upload_id)
    elif upload.state == UploadState.COMPLETED and not upload.library and not rules_of(upload.place).why_shut:
        bucket.delete(_key(upload))
    else:
        return
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)
    upload.state = UploadState.ABORTED


def still_open(account: "Account") -> QuerySet[Upload]:
    """Scenes' files that can be gone on with, newest first."""
    return of(account).filter(state=UploadState.OPEN, scene__state=SceneState.UPLOADING).order_by("-touched_at")


def abort_idle(most: int = 50) -> None:
    """The sweep's part: frees what nobody came back to."""
    idle = Upload.objects.filter(state=UploadState.OPEN, touched_at__lt=timezone.now() - IDLE_FOR)
    for upload in idle.select_related("scene__account", "library__account", "add_on__account")[:most]:
        try:
            abort(upload)
        except QarnotShut:  # its parts can't be freed from here
            Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)
        except StoreError as failure:
            logger.warning("upload %s could not be freed: %s", upload.pk, failure)
            later = timezone.now() - IDLE_FOR + FREED_AGAIN_AFTER
            Upload.objects.filter(pk=upload.pk).update(touched_at=later)


def _touch(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(touched_at=timezone.now())


def _bucket(upload: Upload) -> AccountBucket:
    return bucket_at(upload.place)


def _key(upload: Upload) -> str:
    return key_at(upload.place, upload.path)
