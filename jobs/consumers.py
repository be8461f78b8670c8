"""The websocket of a render's page. Checks who looks, joins the job's feed, forwards; it never writes."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.functional import cached_property

from jobs import live_hub
from jobs.domain.watching import may_see
from jobs.live import group_of
from jobs.live_message import changes_message
from jobs.models import Job

NOT_UNDERSTOOD, NO_LONGER_YOURS, GONE, SLOW = 4400, 4403, 4404, 4408
RECHECKED_EVERY_SECONDS = 30
SENT_WITHIN_SECONDS = 10
ASKED_AGAIN_AFTER_SECONDS = 0.2
MOST_WAITING = 200
LONGEST_QUESTION = 1024


class RenderConsumer(AsyncWebsocketConsumer):
    _tasks: set[asyncio.Task[None]] | frozenset[asyncio.Task[None]] = frozenset()
    _catching_up: asyncio.Task[None] | None = None

    @cached_property
    def job_id(self) -> UUID:
        return self.scope["url_route"]["kwargs"]["job_id"]

    async def connect(self) -> None:
        """Someone else's job is refused like one that does not exist."""
        if not await self._may_see():
            await self.close()
            return
        await self.accept()
        self._waiting: asyncio.Queue[live_hub.Message] = asyncio.Queue(MOST_WAITING)
        await self.channel_layer.group_add(group_of(self.job_id), self.channel_name)
        after = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", [""])[0]
        self._tasks = {asyncio.create_task(self._send_all()), asyncio.create_task(self._recheck())}
        self._ask(int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0)

    async def disconnect(self, code: int) -> None:
        for task in (*self._tasks, *filter(None, [self._catching_up])):
            task.cancel()
        live_hub.leave(self.job_id, self)
        await self.channel_layer.group_discard(group_of(self.job_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """`{"after": r}`: send again from r."""
        try:
            asked = json.loads(text_data or "")["after"] if len(text_data or "") <= LONGEST_QUESTION else None
        except (ValueError, TypeError, KeyError, RecursionError):
            asked = None
        if type(asked) is not int or asked < 0:
            await self.close(NOT_UNDERSTOOD)
        elif self._tasks:
            self._ask(asked)

    async def job_changed(self, _doorbell: dict[str, Any]) -> None:
        live_hub.ring(self.job_id)

    def offer(self, message: live_hub.Message) -> None:
        """A page that lets so much pile up is closed; it comes back and asks for what it lacks."""
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            live_hub.leave(self.job_id, self)
            asyncio.create_task(self.close(SLOW))  # noqa: RUF006  (ends with the socket)

    def _ask(self, after: int) -> None:
        """A page that asks anew while it is answered gets the new answer instead."""
        pause = 0.0
        if self._catching_up is not None:
            pause = ASKED_AGAIN_AFTER_SECONDS
            self._catching_up.cancel()
        self._catching_up = asyncio.create_task(self._catch_up(after, pause))

    async def _catch_up(self, after: int, pause: float) -> None:
        """As fast as the page takes it; then it is served with the others. A page that only asks is kept waiting."""
        try:
            await asyncio.sleep(pause)
            while True:
                message = await database_sync_to_async(changes_message)(self.job_id, after)
                await self._waiting.put(message)
                after = message["to"]
                if message["is_whole"] and live_hub.join(self.job_id, self, after).revision <= after:
                    return
        except Job.DoesNotExist:
            await self.close(GONE)

    async def _send_all(self) -> None:
        while True:
            message = await self._waiting.get()
            try:
                async with asyncio.timeout(SENT_WITHIN_SECONDS):
                    await self.send(json.dumps(message))
            except TimeoutError:
                await self.close(SLOW)
                return

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECKED_EVERY_SECONDS)
            if not await self._may_see():
                await self.close(NO_LONGER_YOURS)
                return

    async def _may_see(self) -> bool:
        """Signed in, still signed in (the session is looked up anew), and the owner."""
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            return False
        session = self.scope["session"]
        is_open = await database_sync_to_async(session.exists)(session.session_key or "")
        return is_open and await database_sync_to_async(may_see)(user.pk, self.job_id)
