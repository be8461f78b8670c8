"""The folder of a Q.Box: whole objects, each in a file, the least recently used ones leaving first.

A file's name says which object it is, how many bytes and which checksum it has; so a folder that was left by a killed
process is read again, and what was damaged meanwhile is seen at its first use. Not for several threads.
"""

import contextlib
import os
import re
import shutil
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEAVE_FREE_BYTES = 4 * 1024**3
"""More than a node needs to go on taking work (farm.node.identity.FREE_DISK_BYTES)."""

_DRAFT = ".coming"
_FILE_NAME = re.compile(r"(?P<name>[0-9a-f]{64})-(?P<size>\d{1,18})-(?P<checksum>[0-9a-f]{8})")
_READ_BYTES = 1 << 20


class NoRoom(Exception):
    """The object is larger than what may be kept, or all that is kept is in use."""


@dataclass
class Kept:
    path: Path
    size: int
    """Bytes."""
    checksum: int
    is_checked: bool
    """Its bytes were seen to have the checksum since this process began."""
    user_count: int = 0

    @property
    def is_whole(self) -> bool:
        """Reads all of it, from any thread."""
        try:
            return checksum_of(self.path) == self.checksum
        except OSError:
            return False


class Cache:
    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Takes over what lies in the folder, which is no one else's. Raises OSError."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._kept_bytes = 0
        self._coming_bytes = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._read_folder()
        self.shrink()

    @property
    def object_count(self) -> int:
        return len(self._kept)

    @property
    def used_bytes(self) -> int:
        """With what is on its way."""
        return self._coming_bytes + self._kept_bytes

    @property
    def capacity_bytes(self) -> int:
        """What may be used now: never more than is left to the node's own work beside it."""
        used = self.used_bytes
        room = used + shutil.disk_usage(self._folder).free
        return max(0, min(self._most_bytes, room // 2, room - LEAVE_FREE_BYTES))

    def draft(self, name: str) -> Path:
        """Where an object is written until it is whole; one process writes there, and one object of that name."""
        return self._folder / f"{name}{_DRAFT}"

    def find(self, name: str, size: int) -> Kept | None:
        """The object, used just now. One that has lost bytes is forgotten."""
        kept = self._kept.get(name)
        if kept is None:
            return None
        try:
            is_there = kept.size == size == kept.path.stat().st_size
            os.utime(kept.path)
        except OSError:
            is_there = False
        if not is_there:
            self.drop(name)
            return None
        self._kept.move_to_end(name)
        return kept

    @contextlib.contextmanager
    def room_for(self, size: int) -> Iterator[None]:
        """Holds so many bytes for what is on its way. Raises NoRoom."""
        self.shrink(size)
        self._coming_bytes += size
        try:
            yield
        finally:
            self._coming_bytes -= size

    @contextlib.contextmanager
    def in_use(self, kept: Kept) -> Iterator[None]:
        """It is not thrown away meanwhile."""
        kept.user_count += 1
        try:
            yield
        finally:
            kept.user_count -= 1

    def keep(self, name: str, size: int, checksum: int) -> None:
        """Takes in the draft, which is whole. Raises OSError."""
        path = self._folder / f"{name}-{size}-{checksum:08x}"
        self.draft(name).rename(path)
        self._kept[name] = Kept(path, size, checksum, is_checked=True)
        self._kept_bytes += size

    def drop(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is not None:
            self._kept_bytes -= kept.size
            kept.path.unlink(missing_ok=True)

    def shrink(self, needed: int = 0) -> None:
        """Throws away what was not used for longest, until `needed` bytes more fit. Raises NoRoom for those."""
        capacity = self.capacity_bytes
        if needed > capacity:
            raise NoRoom
        excess = self.used_bytes + needed - capacity
        while excess > 0:
            oldest = next((name for name, kept in self._kept.items() if not kept.user_count), None)
            if oldest is None:
                break
            excess -= self._kept[oldest].size
            self.drop(oldest)
        if needed and excess > 0:
            raise NoRoom

    def _read_folder(self) -> None:
        found: list[tuple[float, str, Kept]] = []
        for path in self._folder.iterdir():
            parts = _FILE_NAME.fullmatch(path.name)
            status = path.lstat()
            if parts and status.st_size == int(parts["size"]):
                kept = Kept(path, status.st_size, int(parts["checksum"], 16), is_checked=False)
                found.append((status.st_mtime, parts["name"], kept))
            elif parts or path.name.endswith(_DRAFT):
                path.unlink()
        for _, name, kept in sorted(found, key=lambda one: one[0]):
            self._kept[name] = kept
            self._kept_bytes += kept.size


def checksum_of(path: Path) -> int:
    """Raises OSError."""
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            checksum = zlib.crc32(piece, checksum)
    return checksum
