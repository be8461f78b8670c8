"""Zips that were dropped: unpacked by a worker into the scene's folder, under strict caps.

The zip is read where it lies, by ranges; each member goes on to the store as it unpacks. No more than
a few megabytes are held, and nothing is written to a disk.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, Any

from jobs.buckets import AccountBucket
from jobs.domain import paths

MOST_FILES = 20_000
MOST_BYTES = 200 * 1024**3
MOST_RATIO = 200
FREE_BYTES = 64 * 1024 * 1024
"""Below this much, any ratio is fine: a text file of zeros is no bomb."""
MOST_DIRECTORY_BYTES = 16 * 1024 * 1024
"""Of the list of contents, which is held in memory: 800 for each of the most files there may be."""
READ_AHEAD_BYTES = 4 * 1024 * 1024
_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    ValueError,
    OSError,
)


class ArchiveRefused(Exception):
    """`problem` says what is wrong with the zip (jobs.problems)."""

    def __init__(self, problem_id: str, **said: object) -> None:
        super().__init__(problem_id)
        self.problem = {"id": problem_id, **said}


class _Ranges(io.RawIOBase):
    """An object of the store as a file that can be sought."""

    def __init__(self, bucket: AccountBucket, key: str, size: int) -> None:
        self._bucket, self._key, self._size, self._at = bucket, key, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, into: Any) -> int:
        room = memoryview(into)
        last = min(self._at + len(room), self._size) - 1
        if last < self._at:
            return 0
        piece = self._bucket.read(self._key, self._at, last)
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class _Counted:
    """A member as it unpacks; stops where it grows past what the zip said or may hold."""

    def __init__(self, member: IO[bytes], most: int, zip_name: str, alive: Callable[[], None]) -> None:
        self._member, self._left, self._zip_name, self._alive = member, most, zip_name, alive

    def read(self, size: int = -1) -> bytes:
        self._alive()
        piece = self._member.read(size if size > 0 else READ_AHEAD_BYTES)
        self._left -= len(piece)
        if self._left < 0:
            raise ArchiveRefused("zip_too_large", file=self._zip_name, limit="it says it holds")
        return piece


def unpack(bucket: AccountBucket, key: str, size: int, prefix: str, alive: Callable[[], None]) -> None:
    """Puts the zip's files beside it under `prefix` and takes the zip away. Raises ArchiveRefused.

    Doing it again after it was cut short writes the same files over themselves. `alive` is called again and
    again meanwhile: it may take an hour.
    """
    name = PurePosixPath(key).name
    reading = io.BufferedReader(_Ranges(bucket, key, size), READ_AHEAD_BYTES)
    try:
        _check_directory(reading, name)
        with zipfile.ZipFile(reading) as archive:
            for path, member in _members(archive, name).items():
                _check(member, name)
                with archive.open(member) as stream:
                    bucket.put_stream(prefix + path, _Counted(stream, member.file_size, name, alive))
    except _DAMAGED as failure:
        raise ArchiveRefused("zip_damaged", file=name) from failure
    except RuntimeError as failure:  # what zipfile says to a password
        raise ArchiveRefused("zip_encrypted", file=name) from failure
    bucket.delete(key)


def _check_directory(reading: IO[bytes], name: str) -> None:
    """Before zipfile reads the list of contents whole: found by its own finder, so that both see the same one."""
    end = zipfile._EndRecData(reading)  # type: ignore[attr-defined]
    if end is None:
        raise zipfile.BadZipFile("no end of the list of contents")
    if end[zipfile._ECD_ENTRIES_TOTAL] > MOST_FILES or end[zipfile._ECD_SIZE] > MOST_DIRECTORY_BYTES:  # type: ignore[attr-defined]
        raise ArchiveRefused("zip_too_many_files", file=name, limit=MOST_FILES)


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """Clean path → member: regular files only, none twice, none of what systems leave behind."""
    members: dict[str, zipfile.ZipInfo] = {}
    folded: dict[str, str] = {}
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise ArchiveRefused("zip_too_many_files", file=name, limit=MOST_FILES)
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ArchiveRefused("zip_too_large", file=name, limit=f"{MOST_BYTES // 1024**3} GB")
    for entry in entries:
        if not _is_file(entry) or paths.is_dropped(entry.filename):
            continue
        try:
            path = paths.clean(entry.filename)
        except paths.PathRefused:
            continue
        if paths.folded(path) in folded:
            raise ArchiveRefused("zip_names_clash", file=name, name=path)
        folded[paths.folded(path)] = path
        members[path] = entry
    return members


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """A link or a device says so in the upper half of its attributes."""
    kind = entry.external_attr >> 16 & 0o170000
    return not entry.is_dir() and kind in (0, 0o100000)


def _check(member: zipfile.ZipInfo, name: str) -> None:
    if member.flag_bits & 0x1:
        raise ArchiveRefused("zip_encrypted", file=name)
    if member.file_size > FREE_BYTES and member.file_size > MOST_RATIO * max(member.compress_size, 1):
        raise ArchiveRefused("zip_too_large", file=name, limit=f"{MOST_RATIO} times its size")
