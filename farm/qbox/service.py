"""What a Q.Box answers: `GET /object` with a signed want. The whole object, or anything else than 200."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from typing import BinaryIO

from aiohttp import web

from farm.qbox import want as wants
from farm.qbox.arrivals import Arrival, NotBrought
from farm.qbox.cache import Cache, Kept
from farm.qbox.lease import Counts
from farm.qbox.want import Want
from farm.storage.store import Store

log = logging.getLogger(__name__)

Reached = Callable[[int], Awaitable[int]]
"""How many bytes of a file are there, once it is at least so many."""


class Service:
    def __init__(self, cache: Cache, store: Store) -> None:
        self.counts = Counts()
        self._cache = cache
        self._store = store
        self._arrivals: dict[str, Arrival] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._checks: dict[str, asyncio.Task[bool]] = {}

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get(wants.PATH, self._answer)
        return application

    def take_counts(self) -> Counts:
        """What was counted since the last call."""
        taken, self.counts = self.counts, Counts()
        return taken

    def put_back(self, counts: Counts) -> None:
        """What was taken and could not be told."""
        for name, number in asdict(counts).items():
            setattr(self.counts, name, getattr(self.counts, name) + number)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        header = request.headers.get(wants.HEADER, "")
        try:
            want = wants.opened(header)
        except wants.Refused:
            raise web.HTTPForbidden from None
        try:
            kept = await self._find(want)
            if kept is not None:
                return await self._send_kept(request, want, kept)
            return await self._send_arriving(request, want)
        except NotBrought:
            raise web.HTTPNotFound from None
        except OSError as fault:
            log.warning("an object could not be served: %s", fault)
            raise web.HTTPInsufficientStorage from None

    async def _find(self, want: Want) -> Kept | None:
        """What lay there before this process began is read whole once before it is believed."""
        kept = self._cache.find(want.name, want.size)
        if kept is None or kept.is_checked:
            return kept
        with self._cache.in_use(kept):
            is_whole = await asyncio.shield(self._check_of(want.name, kept))
        return kept if is_whole else None

    def _check_of(self, name: str, kept: Kept) -> "asyncio.Task[bool]":
        """One for all that ask meanwhile."""
        if name not in self._checks:
            self._checks[name] = asyncio.create_task(self._check(name, kept))
        return self._checks[name]

    async def _check(self, name: str, kept: Kept) -> bool:
        try:
            kept.is_checked = await asyncio.to_thread(lambda: kept.is_whole)
            if not kept.is_checked:
                log.warning("a damaged object is thrown away")
                self._cache.drop(name)
            return kept.is_checked
        finally:
            del self._checks[name]

    async def _send_kept(self, request: web.Request, want: Want, kept: Kept) -> web.StreamResponse:
        async def reached(_: int) -> int:
            return kept.size

        with self._cache.in_use(kept), kept.path.open("rb") as file:
            self.counts.hit_count += 1
            return await self._send(request, want, file, reached)

    async def _send_arriving(self, request: web.Request, want: Want) -> web.StreamResponse:
        arrival = self._arrivals.get(want.name)
        is_new = arrival is None
        arrival = arrival or self._begin(want)
        with arrival.reader() as file:
            await arrival.reached(0)
            self.counts.hit_count += not is_new
            return await self._send(request, want, file, arrival.reached)

    def _begin(self, want: Want) -> Arrival:
        """It goes on when whoever asked for it has gone. Raises OSError."""
        arrival = self._arrivals[want.name] = Arrival(want, self._cache)
        task = asyncio.create_task(self._bring(want, arrival))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return arrival

    async def _bring(self, want: Want, arrival: Arrival) -> None:
        try:
            await arrival.run(self._store)
            self.counts.download_count += 1
            self.counts.downloaded_bytes += want.size
        except NotBrought as fault:
            log.info("an object was not brought: %s", fault)
        finally:
            del self._arrivals[want.name]

    async def _send(self, request: web.Request, want: Want, file: BinaryIO, reached: Reached) -> web.StreamResponse:
        """By sendfile, as far as the file goes. What breaks off is seen by its length."""
        response = web.StreamResponse()
        response.content_type = "application/octet-stream"
        response.content_length = want.size
        response.headers[wants.PROOF_HEADER] = wants.proof_of(request.headers[wants.HEADER])
        await response.prepare(request)
        transport = request.transport
        sent = 0
        with suppress(ConnectionError):
            while transport is not None and not transport.is_closing() and sent < want.size:
                try:
                    there = await reached(sent + 1)
                except NotBrought:
                    transport.abort()
                    break
                await asyncio.get_running_loop().sendfile(transport, file, sent, there - sent)
                self.counts.served_bytes += there - sent
                sent = there
            await response.write_eof()
        return response
