"""Takes what an instance left in its job folder: new or changed regular files, and nothing else.

A scene can leave links to the host's files, pipes, endless trees and names made to break things.
So: every folder is opened without following links, each file is moved by folder descriptors to an outbox
the sandbox can't reach, and only there it is looked at again and believed.
"""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from farm import patterns
from farm.storage.names import BadKey, can_be_shown, check_key

MAX_FILES = 2_000
MAX_BYTES = 64 * 1024**3
MAX_ENTRIES = 50_000
MAX_DEPTH = 32
FILTER_SECONDS = 1.0
"""An order's regular expression may be one that never ends."""
ALL_FILTERS_SECONDS = 30.0
"""Or one that takes nearly as long for each of many files, while nobody is charged for the slot."""
_HALF_WRITTEN = ".writing/"
"""Where host programs write a picture before it gets its name (farm/engines/hosts/host_job.py)."""
_REFUSED_NAMED = 20
_COPIED_AGAIN = 3
_CHUNK_BYTES = 1024**2


class TooMuchLeft(Exception):
    """More than a frame can be; the sentence goes to the artist."""


class BadFilter(Exception):
    """The order's white or black list can't be used; the sentence goes to the artist."""


class Stamp(NamedTuple):
    """Tells a file that was written since from one that was not."""

    inode: int
    size: int
    modified_ns: int


@dataclass
class Filters:
    """Regular expressions on the path: what the white list finds, less what the black list finds; empty finds all.

    For one look through a folder: all its searches together have ALL_FILTERS_SECONDS.
    """

    white: str = ""
    black: str = ""
    prefix: str = ""
    """What goes before the path in the bucket: together they must be a key."""
    _searched_seconds: float = 0.0

    def take(self, path: str) -> bool:
        if path.startswith(_HALF_WRITTEN):
            return False
        try:
            if self.white and not self._finds(self.white, path):
                return False
            return not (self.black and self._finds(self.black, path))
        except patterns.BadPattern as fault:
            raise BadFilter(f"The white or black list of results can't be used: it {fault}.") from fault
        except TimeoutError as error:
            raise BadFilter(f"The white or black list of results can't be used: {error}") from error

    def _finds(self, pattern: str, path: str) -> bool:
        began = time.monotonic()
        found = patterns.compiled(pattern).search(path, timeout=FILTER_SECONDS)
        self._searched_seconds += time.monotonic() - began
        if self._searched_seconds > ALL_FILTERS_SECONDS:
            raise TimeoutError("it takes too long for so many files")
        return found is not None


@dataclass
class Harvest:
    files: list[tuple[str, Path]] = field(default_factory=list)
    """(path below the job folder, where the file lies now)"""
    refused: list[str] = field(default_factory=list)
    """Sentences about what was left there and not taken; the first ones of many."""
    is_staging_changed: bool = False
    """A staged file was changed, moved or removed: the next instance needs a fresh folder."""

    def refuse(self, sentence: str) -> None:
        if len(self.refused) < _REFUSED_NAMED:
            self.refused.append(sentence)


class Copied(NamedTuple):
    """A file of the job folder as it was a moment ago."""

    path: str
    """Below the job folder."""
    file: Path
    """Where the copy lies."""
    stamp: Stamp


class _Entry(NamedTuple):
    path: str
    name: str
    folder_fd: int
    status: os.stat_result


def stamps(folder: Path) -> dict[str, Stamp]:
    """The regular files of a folder as they are now."""
    return {
        entry.path: stamp_of(entry.status)
        for entry in _Walk(Harvest()).over(folder)
        if stat.S_ISREG(entry.status.st_mode)
    }


def gather(folder: Path, before: dict[str, Stamp], outbox: Path, filters: Filters) -> Harvest:
    """Moves what is new or changed since `before` into the outbox, and clears the rest away.

    Raises TooMuchLeft or BadFilter.
    """
    harvest = Harvest()
    unchanged = 0
    size = 0
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    outbox_fd = os.open(outbox, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for entry in _Walk(harvest).over(folder):
            if entry.path in before and stamp_of(entry.status) == before[entry.path]:
                unchanged += 1
                continue
            size += _take(entry, len(harvest.files), outbox, outbox_fd, filters, harvest)
            if len(harvest.files) > MAX_FILES or size > MAX_BYTES:
                raise TooMuchLeft(
                    f"The scene left more than {MAX_FILES} files or {MAX_BYTES // 1024**3} GB for one frame. "
                    "Look for outputs or caches the scene writes beside the picture."
                )
    finally:
        os.close(outbox_fd)
    harvest.is_staging_changed = unchanged != len(before)
    return harvest


def copy(folder: Path, before: dict[str, Stamp], outbox: Path, filters: Filters, most_bytes: int) -> list[Copied]:
    """Copies what is new or changed since `before` into the outbox, while the scene goes on writing.

    A file that changes under the copy is copied again, and the third time taken as it is.
    Raises TooMuchLeft or BadFilter.
    """
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    copied: list[Copied] = []
    size = 0
    for entry in _Walk(Harvest()).over(folder):
        is_new = before.get(entry.path) != stamp_of(entry.status)
        if not is_new or _why_refused(filters.prefix, entry.path, entry.status) or not filters.take(entry.path):
            continue
        size += entry.status.st_size
        if len(copied) >= MAX_FILES or size > min(MAX_BYTES, most_bytes):
            raise TooMuchLeft(f"A snapshot holds at most {MAX_FILES} files, and what the machine's disk has room for.")
        file = outbox / f"{len(copied):05}"
        stamp = _copy(entry, file)
        if stamp is not None:
            copied.append(Copied(entry.path, file, stamp))
    return copied


def _copy(entry: _Entry, file: Path) -> Stamp | None:
    """The stamp of what was copied; None for what is gone, or no regular file any more."""
    try:
        source = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=entry.folder_fd)
    except OSError:
        return None
    with open(source, "rb") as reading:
        for _ in range(_COPIED_AGAIN):
            status = os.fstat(source)
            if not stat.S_ISREG(status.st_mode):
                return None
            with file.open("wb") as writing:
                reading.seek(0)
                _copy_bytes(reading, writing, status.st_size)
            if stamp_of(os.fstat(source)) == stamp_of(status):
                break
    return stamp_of(status)


def _copy_bytes(reading: BinaryIO, writing: BinaryIO, size: int) -> None:
    """At most `size`: the file may be growing."""
    while size > 0 and (chunk := reading.read(min(size, _CHUNK_BYTES))):
        writing.write(chunk)
        size -= len(chunk)


def _take(entry: _Entry, number: int, outbox: Path, outbox_fd: int, filters: Filters, harvest: Harvest) -> int:
    """The file's size in bytes when it was taken, else 0."""
    name = f"{number:05}"
    try:
        os.rename(entry.name, name, src_dir_fd=entry.folder_fd, dst_dir_fd=outbox_fd)
    except OSError as error:
        harvest.refuse(f"{_shown(entry.path)} was not taken: {error.strerror}")
        return 0
    status = os.stat(name, dir_fd=outbox_fd, follow_symlinks=False)
    reason = _why_refused(filters.prefix, entry.path, status)
    if reason is None and filters.take(entry.path):
        harvest.files.append((entry.path, outbox / name))
        return status.st_size
    os.unlink(name, dir_fd=outbox_fd)
    if reason:
        harvest.refuse(f"{_shown(entry.path)} was not taken: {reason}")
    return 0


def _why_refused(prefix: str, path: str, status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_nlink != 1:
        return "it has more than one name"
    try:
        check_key(prefix + path)
    except (BadKey, UnicodeError) as bad:
        return str(bad)
    return None if can_be_shown(path) else "its name holds characters that can't be shown"


@dataclass
class _Walk:
    """Everything below a folder but folders, each with the descriptor of the folder it is in."""

    harvest: Harvest
    seen: int = 0

    def over(self, folder: Path) -> Iterator[_Entry]:
        folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            yield from self._below(folder_fd, "", 0)
        finally:
            os.close(folder_fd)

    def _below(self, folder_fd: int, prefix: str, depth: int) -> Iterator[_Entry]:
        for name in self._names(folder_fd):
            path = prefix + name
            try:
                status = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    yield _Entry(path, name, folder_fd, status)
                elif depth < MAX_DEPTH:
                    yield from self._inside(name, folder_fd, path + "/", depth + 1)
                else:
                    self.harvest.refuse(f"The folder {_shown(path)} was not looked into: it is too deep")
            except OSError as error:
                self.harvest.refuse(f"{_shown(path)} was not looked into: {error.strerror}")

    def _inside(self, name: str, folder_fd: int, prefix: str, depth: int) -> Iterator[_Entry]:
        inner_fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder_fd)
        try:
            yield from self._below(inner_fd, prefix, depth)
        finally:
            os.close(inner_fd)

    def _names(self, folder_fd: int) -> list[str]:
        with os.scandir(folder_fd) as entries:
            names = [entry.name for entry in islice(entries, MAX_ENTRIES - self.seen + 1)]
        self.seen += len(names)
        if self.seen > MAX_ENTRIES:
            raise TooMuchLeft(f"The scene left more than {MAX_ENTRIES} files and folders for one frame.")
        return names


def stamp_of(status: os.stat_result) -> Stamp:
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def _shown(path: str) -> str:
    """A name a scene made up, fit for a log line."""
    return ascii(path[:200])
