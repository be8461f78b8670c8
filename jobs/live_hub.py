"""The open pages of this process: one read a job answers all of them, rendered once, at most four times a second."""

import asyncio
import contextlib
import logging
import time
from typing import Any, Protocol
from uuid import UUID

from channels.db import database_sync_to_async

from jobs.domain import watching
from jobs.live_message import changes_message
from jobs.models import Job

logger = logging.getLogger(__name__)

SHORTEST_PAUSE_SECONDS = 0.25
HEARTBEAT_SECONDS = 10.0
WATCHED_EVERY_SECONDS = 5.0

Message = dict[str, Any]


class Page(Protocol):
    """An open page: takes what it is given, one after the other, and drops itself when it can't keep up."""

    def offer(self, message: Message) -> None: ...


class Feed:
    """One job's pages in this process."""

    def __init__(self, job_id: UUID, revision: int) -> None:
        self.job_id = job_id
        self.revision = revision
        self.pages: set[Page] = set()
        self._rung = asyncio.Event()
        self._task = asyncio.create_task(self._serve())

    def ring(self) -> None:
        self._rung.set()

    def close(self) -> None:
        self._task.cancel()

    async def _serve(self) -> None:
        """The heartbeat reads as a doorbell does: one that was lost is made good."""
        beat_at = watched_at = 0.0
        while True:
            now = time.monotonic()
            try:
                if now - watched_at >= WATCHED_EVERY_SECONDS:
                    watched_at = now
                    await database_sync_to_async(watching.watch)(self.job_id)
                await self._send_news()
                if now - beat_at >= HEARTBEAT_SECONDS:
                    beat_at = now
                    self._offer({"type": "heartbeat", "revision": self.revision})
            except Job.DoesNotExist:
                self._offer({"type": "gone"})
                return
            except Exception:
                logger.exception("the pages of %s could not be served; trying again", self.job_id)
            await asyncio.sleep(SHORTEST_PAUSE_SECONDS)
            await self._wait(WATCHED_EVERY_SECONDS)

    async def _wait(self, seconds: float) -> None:
        """Not by asyncio.wait_for, which in Python 3.11 can swallow that this task was cancelled."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()

    async def _send_news(self) -> None:
        while True:
            self._rung.clear()
            message = await database_sync_to_async(changes_message)(self.job_id, self.revision)
            if message["to"] <= self.revision:
                return
            self.revision = message["to"]
            self._offer(message)
            if message["is_whole"]:
                return

    def _offer(self, message: Message) -> None:
        for page in list(self.pages):
            page.offer(message)


_feeds: dict[UUID, Feed] = {}


def join(job_id: UUID, page: Page, revision: int) -> Feed:
    """From now on the page is offered what changes after `revision` or a later one; it asks for what lies between."""
    feed = _feeds.get(job_id)
    if feed is None:
        feed = _feeds[job_id] = Feed(job_id, revision)
    feed.pages.add(page)
    feed.ring()
    return feed


def leave(job_id: UUID, page: Page) -> None:
    feed = _feeds.get(job_id)
    if feed is None:
        return
    feed.pages.discard(page)
    if not feed.pages:
        feed.close()
        del _feeds[job_id]


def ring(job_id: UUID) -> None:
    feed = _feeds.get(job_id)
    if feed is not None:
        feed.ring()
