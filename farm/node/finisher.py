"""Uploads and reports finished instances while the next one renders, in the order they were rendered.

An instance is reported as done only after its files are in the bucket and its lines are stored.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from boto3.exceptions import Boto3Error
from django.db import DatabaseError, connection

from farm import tiles
from farm.node import reports, staging
from farm.node import tiles as node_tiles
from farm.node.collector import Harvest
from farm.node.pulse import Pulse
from farm.node.work import Dropped, Work
from farm.storage import backing

log = logging.getLogger(__name__)

IN_HAND = 3
"""Finished instances that may wait to be uploaded before the renderer waits for them."""
PARALLEL_UPLOADS = 4
GIVE_UP_SECONDS = 300.0
"""A store that is away for longer costs the attempt; the instance is handed out again."""

Unreachable = (DatabaseError, Boto3Error, *staging.StorageErrors, OSError)


@dataclass(frozen=True)
class Finished:
    work: Work
    harvest: Harvest
    outbox: Path
    error: reports.Error | None = None
    is_final: bool = False
    """Of an error: the scene's own, the same every time."""
    is_machines: bool = False
    """Of an error: this machine's own, another may do better."""


class GaveUp(Exception):
    """The store or the database did not answer for GIVE_UP_SECONDS."""


class Finisher(threading.Thread):
    def __init__(self, pulse: Pulse) -> None:
        super().__init__(name="finisher", daemon=True)
        self._pulse = pulse
        self._queue: queue.Queue[Finished | None] = queue.Queue(IN_HAND)

    def put(self, finished: Finished) -> None:
        """Waits while IN_HAND others do."""
        self._queue.put(finished)

    def drain(self) -> None:
        """Returns when everything put before is reported."""
        self._queue.join()

    def end(self, within_seconds: float | None = None) -> None:
        """Finishes what is here, in the time given; what is left then is for the caller to drop."""
        ends_by = time.monotonic() + (within_seconds or GIVE_UP_SECONDS)
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=ends_by - time.monotonic())
            self.join(ends_by - time.monotonic())

    def run(self) -> None:
        with ThreadPoolExecutor(PARALLEL_UPLOADS, thread_name_prefix="upload") as pool:
            while (finished := self._queue.get()) is not None:
                try:
                    self._finish(finished, pool)
                except Exception:
                    log.exception("%s could not be reported; its lease will run out", finished.work)
                    self._pulse.let_go(finished.work)
                finally:
                    staging.wipe(finished.outbox)
                    self._queue.task_done()
        connection.close()

    def _finish(self, finished: Finished, pool: ThreadPoolExecutor) -> None:
        work = finished.work
        for sentence in finished.harvest.refused:
            work.output.add("stderr", sentence)
        try:
            if finished.error is None:
                self._upload(finished, pool)
            patiently(work.output.ship, work)
        except GaveUp:
            work.drop(Dropped.BROKEN)
        if work.dropped:
            drop(work, self._pulse)
            return
        self._pulse.let_go(work)
        patiently(lambda: _report(finished), work)

    def _upload(self, finished: Finished, pool: ThreadPoolExecutor) -> None:
        work = finished.work
        work.begin_results()
        began = time.monotonic()
        if work.task.result_bucket:
            list(pool.map(lambda file: patiently(lambda: upload(work, *file), work), finished.harvest.files))
        work.upload_seconds = time.monotonic() - began


def upload(work: Work, path: str, file: Path) -> None:
    account, bucket = work.task.account_id, work.task.result_bucket
    backing.upload(account, bucket, result_key(work, path), file, on_bytes=work.traffic.send)


def result_key(work: Work, path: str) -> str:
    return work.task.results_prefix + path


def drop(work: Work, pulse: Pulse, *, results: tuple[str, ...] = ()) -> None:
    """Says, where there is something to say, that this work ends without a result."""
    pulse.let_go(work)
    if work.dropped is Dropped.CANCELLED:
        reports.cancelled(work.attempt, results=results, spent=work.spent())
    elif work.dropped is Dropped.STOPPING:
        reports.released(work.attempt)
    elif work.dropped is Dropped.BROKEN:
        reports.lost(work.attempt, reason=work.dropped.value)
    log.info("%s: dropped, %s", work, work.dropped.value if work.dropped else "")


def patiently(action: Callable[[], object], work: Work) -> None:
    """Tries again while the store or the database is away, unless the work is dropped. Raises GaveUp."""
    began = time.monotonic()
    pause = 0.25
    while not work.dropped:
        try:
            action()
            return
        except Unreachable as error:
            if time.monotonic() - began > GIVE_UP_SECONDS:
                raise GaveUp(str(error)) from error
            log.warning("%s: will be tried again: %s", work, error)
            connection.close()
            time.sleep(pause)
            pause = min(pause * 2, 8.0)


def _report(finished: Finished) -> None:
    work = finished.work
    if finished.error is not None and finished.is_machines:
        reports.unable(work.attempt, finished.error, spent=work.spent())
        return
    if finished.error is not None:
        reports.failed(work.attempt, finished.error, is_final=finished.is_final, spent=work.spent())
        return
    files = finished.harvest.files if work.task.result_bucket else []
    results = [result_key(work, path) for path, _ in files]
    reports.succeeded(work.attempt, results=results, spent=work.spent(), before_told=lambda: _clear_away_tiles(work))


def _clear_away_tiles(work: Work) -> None:
    """Who waits for the end of the task finds pictures and no tiles."""
    if not tiles.is_join(work.attempt.instance):
        return
    try:
        node_tiles.clear_away(work.attempt.instance)
    except Unreachable as error:
        log.warning("%s: its tiles stay among the results: %s", work, error)
