"""Taking pictures home: one by a signed address of the store, all as a zip that is made while it is sent."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from zipstream import ZipStream

from jobs.buckets import bucket_of
from jobs.enums import FrameState, Where
from jobs.models import Frame, Job, ResultFile

if TYPE_CHECKING:
    from accounts.models import Account


def picture_address(account: "Account", frame: Frame, *, as_attachment: bool) -> str:
    """For an hour; straight from the store."""
    bucket = bucket_of(account, frame.job.result_bucket, Where(frame.job.farm))
    return bucket.signed_picture(frame.key, PurePosixPath(frame.key).name, as_attachment=as_attachment)


def zip_of(job: Job, account: "Account") -> ZipStream | None:
    """The frames that are here, stored as they are; its length is known before its first byte. None of none."""
    landed = job.frame_set.filter(state=FrameState.DONE).exclude(key="").values_list("number", "key", "size_bytes")
    bucket = bucket_of(account, job.result_bucket, Where(job.farm))
    archive = ZipStream(sized=True)
    names: set[str] = set()
    for number, key, size in landed.iterator():
        name = PurePosixPath(key).name
        name = name if name not in names else f"{number}-{name}"
        names.add(name)
        archive.add(_whole(bucket.pieces, key, size), name, size=size)
    return archive if names else None


def file_address(account: "Account", file: ResultFile) -> str:
    """For an hour; straight from the store, and never shown by the browser: it may hold anything."""
    bucket = bucket_of(account, file.job.result_bucket, Where(file.job.farm))
    return bucket.signed_picture(file.key, PurePosixPath(file.key).name, as_attachment=True)


def zip_of_files(job: Job, account: "Account") -> ZipStream | None:
    """The files of a task without pictures, in their folders. None of none."""
    bucket = bucket_of(account, job.result_bucket, Where(job.farm))
    archive = ZipStream(sized=True)
    names: set[str] = set()
    for key, size in job.result_files.values_list("key", "size_bytes").iterator():
        name = _inside(key)
        name = name if name not in names else f"{len(names)}-{name}"
        names.add(name)
        archive.add(_whole(bucket.pieces, key, size), name, size=size)
    return archive if names else None


def _inside(key: str) -> str:
    """A name that stays inside the folder it is unpacked into, on any system."""
    parts = [part for part in key.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(part.replace(":", "_") for part in parts) or "file"


def _whole(pieces: Callable[[str], Iterator[bytes]], key: str, size: int) -> Iterator[bytes]:
    """An object that changed its size since would break the zip in silence: it breaks aloud."""
    sent = 0
    for piece in pieces(key):
        sent += len(piece)
        yield piece
    if sent != size:
        raise OSError(f"{key} has {sent} bytes, not {size}")
