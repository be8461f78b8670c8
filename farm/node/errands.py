"""What the farm asks of an instance while it renders: a snapshot of what it has, or the resources that changed.

Done beside the render, one after another. Only the copying and the laying down of files make the render's end wait:
after it, the job folder belongs to the next instance.
"""

import contextlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from django.db import connection

from farm import snapshots
from farm.models import Snapshot, SnapshotPart, Task
from farm.node import finisher, staging
from farm.node.collector import BadFilter, Copied, Stamp, TooMuchLeft
from farm.node.work import Work
from farm.node.workspace import Workspace, filters_of
from farm.storage import backing

log = logging.getLogger(__name__)


class Errands:
    def __init__(self, folder: Path, should_stop: Callable[[], bool]) -> None:
        """`folder` is out of the engine's reach."""
        self._folder = folder
        self._should_stop = should_stop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="errands")
        self._still = threading.Lock()
        self._subject: tuple[Work, Workspace] | None = None
        self._asked_version = 0

    @contextlib.contextmanager
    def during(self, work: Work, workspace: Workspace) -> Iterator[None]:
        """While the work's instance renders in that workspace."""
        self._subject, self._asked_version = (work, workspace), workspace.resources_version
        try:
            yield
        finally:
            with self._still:
                self._subject = None

    def look(self, work: Work) -> None:
        """Finds what is asked of this work, and begins it. Raises DatabaseError."""
        for part in snapshots.take_up(work.attempt):
            self._begin(partial(self._snapshot, work, part), partial(_fail, part))
        if self._subject is None or self._subject[0] is not work:
            return
        wanted = Task.objects.filter(pk=work.task.pk).values_list("resources_version", flat=True).first() or 0
        if wanted > self._asked_version:
            self._asked_version = wanted
            self._begin(partial(self._bring_resources, work, wanted))

    def end(self) -> None:
        self._thread.shutdown(wait=not self._should_stop(), cancel_futures=self._should_stop())

    def _begin(self, errand: Callable[[], None], on_failure: Callable[[], None] = lambda: None) -> None:
        def run() -> None:
            try:
                errand()
            except Exception:
                log.exception("an errand broke")
                with contextlib.suppress(*finisher.Unreachable):
                    on_failure()
            finally:
                connection.close()

        self._thread.submit(run)

    def _snapshot(self, work: Work, part: SnapshotPart) -> None:
        """What isn't rendering has nothing yet, or its results are on their way."""
        outbox = self._folder / "snapshots" / str(part.pk)
        place = (part.snapshot.bucket, part.snapshot.bucket_prefix)
        try:
            copied = self._copy(work, part, outbox, work.in_snapshots.setdefault(place, {}))
            snapshots.announce(part, sum(each.stamp.size for each in copied))
            for each in copied:
                finisher.patiently(partial(_send, work, part, each), work)
            status = Snapshot.Status.FAILURE if work.dropped else Snapshot.Status.SUCCESS
            snapshots.end(part, status, has_results=bool(copied))
        except (TooMuchLeft, BadFilter, OSError, finisher.GaveUp) as fault:
            work.output.add("stderr", f"The snapshot failed: {fault}")
            _fail(part)
        finally:
            staging.wipe(outbox)

    def _copy(self, work: Work, part: SnapshotPart, outbox: Path, sent: dict[str, Stamp]) -> list[Copied]:
        with self._still:
            if self._subject is None or self._subject[0] is not work:
                return []
            wish = part.snapshot
            filters = filters_of(work.task, wish.whitelist, wish.blacklist, wish.bucket_prefix)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            room = shutil.disk_usage(self._folder).free - staging.FREE_AFTER_STAGING_BYTES
            return self._subject[1].copy(outbox, filters, sent, room)

    def _bring_resources(self, work: Work, version: int) -> None:
        incoming = self._folder / "incoming"
        _, workspace = self._subject or (None, None)
        if workspace is None:
            return
        try:
            news = workspace.fetch_news(work, incoming)
            with self._still:
                if self._subject == (work, workspace):
                    workspace.lay_news(work, news, version)
        except (staging.StagingFailed, staging.NoRoom, *finisher.Unreachable) as fault:
            work.output.add("stderr", f"The changed resources were not brought: {fault}")
        finally:
            staging.wipe(incoming)


def _fail(part: SnapshotPart) -> None:
    snapshots.end(part, Snapshot.Status.FAILURE)


def _send(work: Work, part: SnapshotPart, copied: Copied) -> None:
    """Where the instance's own results go, they are never overwritten by an older state of theirs."""
    bucket, prefix = part.snapshot.bucket, part.snapshot.bucket_prefix
    key = prefix + copied.path
    is_among_results = (bucket, key) == (work.task.result_bucket, finisher.result_key(work, copied.path))
    with work.uploading:
        if is_among_results and work.has_results:
            return
        backing.upload(work.task.account_id, bucket, key, copied.file, on_bytes=work.traffic.send)
    snapshots.transferred(part, copied.stamp.size)
    work.in_snapshots[bucket, prefix][copied.path] = copied.stamp
