"""Images and their layers on this machine, by digest, least recently used ones leaving first.

Each lies below the registry and repository that it came from: who may not read there is not served from
what somebody else fetched, and a registry cannot name a layer of another one. All slots share the folder.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from farm.engines.docker_batch.faults import Fault
from farm.engines.docker_batch.image_name import ImageName

FACTS = "image.json"
ROOT = "root"
ASKING = "asking-"
"""How the folders begin in which a registry is only asked."""
_FREE_BYTES = 1024**3
_REMAINS_SECONDS = 4 * 3600
"""Longer than any image may take."""
_MEGABYTE = 1_048_576


@dataclass
class Image:
    """In use until it is closed."""

    root: Path
    config: Mapping[str, Any]
    """What the image says of how it is run: Entrypoint, Cmd, Env, WorkingDir."""
    _held: IO[str]

    def close(self) -> None:
        self._held.close()


@dataclass(frozen=True)
class _Kept:
    used_at: float
    size: int
    path: Path


@dataclass(frozen=True)
class ImageCache:
    folder: Path
    most_mb: int

    def place(self, name: ImageName, digest: str) -> Path:
        """Where the image of that digest lies, whether it is there or not."""
        return self.folder / "images" / _origin(name) / digest.removeprefix("sha256:")

    def find(self, name: ImageName, digest: str) -> Image | None:
        place = self.place(name, digest)
        with contextlib.ExitStack() as opened, contextlib.suppress(OSError, ValueError):
            held = opened.enter_context((place / FACTS).open())
            fcntl.flock(held, fcntl.LOCK_SH)
            facts = json.load(held)
            os.utime(place / FACTS)  # fails where it was thrown away since it was opened
            opened.pop_all()
            return Image(place / ROOT, facts["config"], held)
        return None

    def layers(self, name: ImageName) -> Path:
        """The folder of the repository's layers, each in a file by its digest."""
        return self.folder / "layers" / _origin(name)

    def make_room(self, needed: int = 0) -> None:
        """Throws away what was not used for longest, until `needed` bytes more fit. Raises Fault where they don't."""
        self._clear_remains()
        kept = sorted(self._kept(), key=lambda one: one.used_at)
        total = sum(one.size for one in kept)
        for one in kept:
            if total + needed <= self.most_mb * _MEGABYTE and self._free() >= needed + _FREE_BYTES:
                return
            if _thrown_away(one.path):
                total -= one.size
        if self._free() < needed + _FREE_BYTES:
            raise Fault(
                "DISK_FULL",
                f"The image needs {needed // _MEGABYTE} MB of disk on this machine and "
                f"{max(0, self._free() - _FREE_BYTES) // _MEGABYTE} MB are free.",
            )

    def _clear_remains(self) -> None:
        """Of a node that was killed: half an image, and perhaps the login that fetched it."""
        for pattern in (f"{ASKING}*", "images/*/.*.making", "images/*/.*.gone-*"):
            for left in self.folder.glob(pattern):
                with contextlib.suppress(OSError):
                    if time.time() - left.stat().st_mtime > _REMAINS_SECONDS:
                        shutil.rmtree(left, ignore_errors=True)

    def _free(self) -> int:
        return shutil.disk_usage(self.folder).free

    def _kept(self) -> Iterator[_Kept]:
        for facts in self.folder.glob(f"images/*/*/{FACTS}"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                yield _Kept(facts.stat().st_mtime, int(json.loads(facts.read_text())["size"]), facts.parent)
        for layer in self.folder.glob("layers/*/*"):
            with contextlib.suppress(OSError):
                yield _Kept(layer.stat().st_mtime, layer.stat().st_size, layer)


def _origin(name: ImageName) -> str:
    return hashlib.sha256(f"{name.host}/{name.repository}".encode()).hexdigest()[:32]


def _thrown_away(path: Path) -> bool:
    """Not where it is in use."""
    try:
        if path.is_file():
            path.unlink()
            return True
        with (path / FACTS).open() as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gone = path.with_name(f".{path.name}.gone-{time.time_ns()}")
            path.rename(gone)
    except OSError:
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True
