"""Looks through libraries: lists the bucket, and reads in the sandbox what each new .blend links. Runs in a worker."""

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from jobs import farms, sandboxed
from jobs.buckets import StoreError
from jobs.domain import library_files
from jobs.models import Library, LibraryFile

logger = logging.getLogger(__name__)

READING_SECONDS = 60
READING_MEMORY_MB = 3072
MOST_BLEND_BYTES = 40 * 1024**3
"""On this worker's disk."""
LEASE = timedelta(minutes=15)
AGAIN_AFTER = timedelta(seconds=10)
MOST_ATTEMPTS = 3
"""At a file that can't be read. What it needs then stays unknown: its whole folder is laid out."""


def look_through(library: Library) -> None:
    """Does what is due. A second call at the same time does nothing."""
    if not _claim(library):
        return
    try:
        library_files.refresh(library)
        _read_new(library)
    except (*StoreError, farms.FarmDown) as failure:
        logger.warning("library %s: the store does not answer: %s", library.pk, failure)
        Library.objects.filter(pk=library.pk).update(due_at=timezone.now() + AGAIN_AFTER)
        return
    Library.objects.filter(pk=library.pk, due_at=library.due_at).update(due_at=None)


def _claim(library: Library) -> bool:
    """The time until which nobody else takes it; whoever wants it looked at meanwhile sets it anew."""
    until = timezone.now() + LEASE
    won = Library.objects.filter(pk=library.pk, due_at__lte=timezone.now()).update(due_at=until)
    library.due_at = until
    return bool(won)


def _read_new(library: Library) -> None:
    if not sandboxed.may_open(library.account):
        return
    for file in library_files.unread(library, MOST_ATTEMPTS):
        links = _links_of(library, file) if library_files.begin_reading(file) else None
        if links is not None:
            LibraryFile.objects.filter(pk=file.pk).update(links=links)


def _links_of(library: Library, file: LibraryFile) -> list[dict[str, Any]] | None:
    """Its own links only; those of what it links are in rows of their own. None: it can't be read."""
    if file.size_bytes > MOST_BLEND_BYTES:
        return None
    with tempfile.TemporaryDirectory(prefix="library-") as room:
        there = Path(room) / "library" / file.path
        try:
            there.parent.mkdir(parents=True)
            library_files.bucket(library).download(file.path, there)
            said = sandboxed.run(
                "scene.py",
                [f"{sandboxed.inside(Path(room))}/library", file.path],
                folder=Path(room),
                seconds=READING_SECONDS,
                memory_mb=READING_MEMORY_MB,
            )
        except (sandboxed.ReaderFailed, OSError) as failure:  # OSError: its name is too long for a disk
            logger.info("library file %s can't be read: %s", file.pk, failure)
            return None
    if "error" in said:
        return None
    return [{name: link[name] for name in ("path", "kind", "is_outside")} for link in said["linked_files"]]
