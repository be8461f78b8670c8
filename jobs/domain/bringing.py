"""Bringing a render's files to the storage of the farm that renders it, where they lie elsewhere. Runs in a worker.

Streamed through this server, never kept. Cut short, it is begun anew and leaves out what is there already.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from jobs import farms
from jobs.buckets import AccountBucket, StoredObject, StoreError, bucket_of
from jobs.domain import farm_silence, lifecycle, resources, store_answers
from jobs.domain.resources import Needed
from jobs.domain.revisions import change
from jobs.domain.scenes import SCENES_BUCKET
from jobs.enums import JobState, Where
from jobs.hurry import hurry
from jobs.models import Job

logger = logging.getLogger(__name__)

ALL = 100
LEASE = timedelta(minutes=2)
"""Longer than a part of a file takes on a slow line; after it another worker may begin."""
SAID_EVERY_SECONDS = 1.0
PLACE_FREE_AFTER = timedelta(seconds=5)
_places = threading.BoundedSemaphore(2)
"""Of a worker's threads, so many copy at most: the others are free for scene checks and pictures."""


class Stopped(Exception):
    """The render was cancelled, or another worker brings its files now."""


class NothingThere(Exception):
    """The scene has no files any more."""


class Copy(NamedTuple):
    source: AccountBucket
    target: AccountBucket
    found: StoredObject


def is_complete(job: Job) -> bool:
    """Everything lies where the farm reads it."""
    return job.brought_percent == ALL or not resources.elsewhere(job)


def bring(job: Job) -> None:
    """Copies what is missing, then hurries the order. A second call at the same time does nothing."""
    if not _places.acquire(blocking=False):
        _wait_for_a_place(job)
        return
    try:
        _bring_alone(job)
    finally:
        _places.release()


def _wait_for_a_place(job: Job) -> None:
    """The sweep sends it again; its page says meanwhile what it waits for."""
    _under_way(job).update(next_poll_at=timezone.now() + PLACE_FREE_AFTER)
    if job.brought_percent is None:
        with change(job.pk):
            _under_way(job).filter(brought_percent=None).update(brought_percent=0)


def _bring_alone(job: Job) -> None:
    now = timezone.now()
    free = Q(bringing_until__isnull=True) | Q(bringing_until__lte=now)
    if not _under_way(job).filter(free).update(bringing_until=now + LEASE):
        return
    try:
        _bring(job)
    except Stopped:
        return
    except (*StoreError, OSError) as failure:
        _refused_or_silent(job, _trouble(job, failure))
    except DatabaseError as failure:  # the claim of the submission runs out, and the sweep tries again
        logger.warning("the files of job %s: the database does not answer: %s", job.pk, failure)
    except NothingThere:
        lifecycle.fail(job, {"id": "files_not_brought", "reason": "they are not there any more."})
    except Exception as failure:
        logger.exception("the files of job %s could not be brought", job.pk)
        lifecycle.fail(job, {"id": "files_not_brought", "reason": f"{type(failure).__name__}."})
    else:
        farm_silence.heard(job.account, Where.QARNOT)
        _under_way(job).update(next_poll_at=timezone.now())
        hurry("submit_job", job.pk)
    finally:
        Job.objects.filter(pk=job.pk).update(bringing_until=None)


def _refused_or_silent(job: Job, trouble: Exception) -> None:
    """A full storage stays full however often it is asked: the render ends with its words. Silence passes."""
    answer = store_answers.refusal(trouble)
    if answer:
        logger.info("the files of job %s were refused: %s", job.pk, answer)
        reason = f"a storage answered “{answer}”."
        lifecycle.fail(job, {"id": "files_not_brought", "reason": reason, "refused_at": job.farm})
        return
    again = farm_silence.silent(job.account, Where.QARNOT, trouble)
    _under_way(job).update(next_poll_at=again)


def _trouble(job: Job, failure: Exception) -> Exception:
    """Qarnot's, whichever way the files go. Its storage refuses a token in no words of its own: its API has them.

    While that is silent too, nobody knows whether it is the token, and nothing ends of it.
    """
    if isinstance(failure, ClientError) and store_answers.status_of(failure) in (401, 403):
        try:
            farms.of(job.account, Where.QARNOT).profile_names()
        except (farms.FarmDown, farms.TaskGone) as silent:  # a refused token is one of them
            logger.info("job %s: nor does Qarnot's API answer: %s", job.pk, silent)
            return silent
        except farms.FarmRefused as refused:
            logger.info("job %s: Qarnot's API takes the token, and says: %s", job.pk, refused)
    return failure


def _under_way(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=JobState.SUBMITTING, farm_task_uuid="")


def _bring(job: Job) -> None:
    try:
        _bring_once(job)
    except ClientError as failure:
        if not store_answers.is_gone(failure):
            raise
        logger.info("job %s: something was deleted meanwhile, all is looked at anew: %s", job.pk, failure)
        _bring_once(job)


def _bring_once(job: Job) -> None:
    said = _Said(job)
    said.now(0)
    copies = [copy for needed in resources.elsewhere(job) for copy in _missing(job, needed, said.still)]
    said.total_bytes = sum(copy.found.size for copy in copies)
    for copy in copies:
        _copy(copy, said.more)
    said.now(ALL)


def _missing(job: Job, needed: Needed, still: Callable[[], None]) -> Iterator[Copy]:
    """Of these objects, what is not at the farm yet. Raises NothingThere."""
    bucket, prefix = needed.resource.bucket, needed.resource.prefix
    source = bucket_of(job.account, bucket, needed.lies_at)
    target = bucket_of(job.account, bucket, Where(job.farm))
    there = {found.key: found.size for found in target.list(prefix)}
    is_empty = bucket == SCENES_BUCKET  # what a library has lost meanwhile, the log of the render tells
    for found in source.list(prefix):
        is_empty = False
        still()
        if there.get(found.key) != found.size or target.origin_of(found.key) != found.etag:
            yield Copy(source, target, found)
    if is_empty:
        raise NothingThere


def _copy(copy: Copy, on_bytes: Callable[[int], None]) -> None:
    stream = copy.source.open(copy.found.key)
    copy.target.put_stream(copy.found.key, _Counted(stream, on_bytes), origin=copy.found.etag)


class _Counted:
    """A stream that says how much of it was read."""

    def __init__(self, stream: Any, on_bytes: Callable[[int], None]) -> None:
        self._stream, self._on_bytes = stream, on_bytes

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._stream.read(size if size >= 0 else None)
        self._on_bytes(len(piece))
        return piece


class _Said:
    """How far it is, told to open pages about once a second; keeps the lease, and stops what was cancelled."""

    def __init__(self, job: Job) -> None:
        self._job, self._bytes, self._at = job, 0, 0.0
        self.total_bytes = 0

    def more(self, count: int) -> None:
        self._bytes += count
        self.still()

    def still(self) -> None:
        """Something goes on."""
        if time.monotonic() - self._at >= SAID_EVERY_SECONDS:
            self.now(min(ALL - 1, self._bytes * ALL // max(self.total_bytes, 1)))

    def now(self, percent: int) -> None:
        self._at = time.monotonic()
        with change(self._job.pk):
            won = _under_way(self._job).update(brought_percent=percent, bringing_until=timezone.now() + LEASE)
        if not won:
            raise Stopped
