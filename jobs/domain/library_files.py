"""The files of a library: what its bucket holds, as rows. S3 tools may change the bucket at any time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from jobs.buckets import AccountBucket, StoredObject, bucket_of
from jobs.domain import paths
from jobs.hurry import hurry
from jobs.models import Library, LibraryFile, Upload

PAGE_LENGTH = 100
MOST_LISTED = 50_000
"""Objects of a bucket that are looked at; a library filled by S3 tools may hold any number."""
ROWS_AT_ONCE = 1000
STALE_AFTER = timedelta(seconds=30)
LONGEST_KEY = 1024


@dataclass(frozen=True)
class Page:
    files: list[LibraryFile]
    next_cursor: str
    """A path; empty on the last page."""


def bucket(library: Library) -> AccountBucket:
    return bucket_of(library.account, library.bucket)


def page(library: Library, *, words: str = "", after: str = "") -> Page:
    found = library.files.filter(path__gt=after) if after else library.files.all()
    if words:
        found = found.filter(path__icontains=words)
    rows = list(found[: PAGE_LENGTH + 1])
    return Page(rows[:PAGE_LENGTH], rows[PAGE_LENGTH - 1].path if len(rows) > PAGE_LENGTH else "")


def folded_name(path: str) -> str:
    """By which a file is searched for: its name without folders, whatever its capitals."""
    return paths.folded(path.rpartition("/")[2])[:255]


def is_blend(path: str) -> bool:
    return path.lower().endswith(".blend")


def note(library: Library, path: str) -> None:
    """One file has just arrived."""
    found = next((there for there in bucket(library).list(path) if there.key == path), None)
    if found is None:
        return
    with transaction.atomic():
        library.files.filter(path=path).exclude(etag=found.etag).delete()
        library.files.get_or_create(path=path, defaults=_facts(found))
    if is_blend(path):
        _look_later(library)


def _facts(found: StoredObject) -> dict[str, str | int]:
    return {"folded_name": folded_name(found.key), "size_bytes": found.size, "etag": found.etag}


def _look_later(library: Library) -> None:
    """The sweep finds it: a thousand .blends that come one after the other are not a thousand listings."""
    library.due_at = timezone.now()
    Library.objects.filter(pk=library.pk).update(due_at=library.due_at)


def look_soon(library: Library) -> None:
    """A worker lists the bucket and reads the .blends that are new."""
    _look_later(library)
    hurry("look_through_library", library.pk)


def look_if_stale(library: Library) -> None:
    """When its page is opened: what was put there by S3 meanwhile."""
    if library.listed_at is None or library.listed_at < timezone.now() - STALE_AFTER:
        look_soon(library)


def refresh(library: Library) -> None:
    """The rows become what the bucket holds. A file that changed is a new row, its links unknown."""
    there = {found.key: found for found in _listed(library)}
    known = dict(library.files.values_list("path", "etag"))
    gone = [path for path, etag in known.items() if path not in there or there[path].etag != etag]
    new = [found for path, found in there.items() if known.get(path) != found.etag]
    for first in range(0, len(gone), ROWS_AT_ONCE):
        library.files.filter(path__in=gone[first : first + ROWS_AT_ONCE]).delete()
    rows = [LibraryFile(library=library, path=found.key, **_facts(found)) for found in new]
    LibraryFile.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)
    library.listed_at = timezone.now()
    Library.objects.filter(pk=library.pk).update(listed_at=library.listed_at)


def _listed(library: Library) -> Iterator[StoredObject]:
    """Without "folders" of S3 tools, and without keys that can be no path below /job."""
    for found in islice(bucket(library).list(), MOST_LISTED):
        if not found.key.endswith("/") and len(found.key) <= LONGEST_KEY and _is_path(found.key):
            yield found


def _is_path(key: str) -> bool:
    return all(part not in ("", ".", "..") for part in key.split("/")) and paths.is_plain(key)


def delete(library: Library, path: str) -> bool:
    """Takes one file away, from the bucket first. False: there was none."""
    if not library.files.filter(path=path).exists():
        return False
    bucket(library).delete(path)
    library.files.filter(path=path).delete()
    Upload.objects.filter(library=library, path=path).delete()
    return True


def unread(library: Library, most_attempts: int) -> list[LibraryFile]:
    """The .blends whose links nobody has read yet."""
    return list(library.files.filter(path__iendswith=".blend", links__isnull=True, read_count__lt=most_attempts))


def begin_reading(file: LibraryFile) -> bool:
    """Counted before it is read: one that ends its worker is not read for ever. False: another worker reads it."""
    as_it_was = LibraryFile.objects.filter(pk=file.pk, links__isnull=True, read_count=file.read_count)
    return bool(as_it_was.update(read_count=F("read_count") + 1))
