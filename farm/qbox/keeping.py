"""The life of a Q.Box's process: it stands by, keeps the site's cache while it holds the lease, and ends."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from aiohttp import web
from django.conf import settings
from django.db import DatabaseError, connection

from farm.models import Site
from farm.qbox import lease
from farm.qbox.address import is_out_of_reach, own_address
from farm.qbox.cache import Cache
from farm.qbox.service import Service
from farm.storage.store import Store

log = logging.getLogger(__name__)

_MEGABYTE = 1_000_000
_LOOK_SECONDS = 0.5
"""How often it looks whether its node lives: that may be started again at once, and with it the next Q.Box."""
_Answer = TypeVar("_Answer")


class Keeper:
    def __init__(self, site: Site, name: str, parent: int) -> None:
        """`name`: of the node it runs beside. `parent`: its process, told by itself: it may be gone by now."""
        self._site = site
        self._holder = f"{name} {uuid.uuid4().hex[:8]}"
        self._parent = parent
        self._is_over = asyncio.Event()

    async def keep(self) -> None:
        """Until SIGTERM, SIGINT or the end of the process that started it. Raises OSError."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._is_over.set)
        folder = settings.QBOX_FOLDER / self._site.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            while not self._is_over.is_set():
                if _is_alone(lock):
                    await self._serve(folder)
                await self._pause()

    async def _serve(self, folder: Path) -> None:
        """Listens, and keeps the lease as long as it is to be had."""
        cache = Cache(folder, settings.QBOX_CACHE_MB * _MEGABYTE)
        store = Store()
        service = Service(cache, store)
        runner = web.AppRunner(service.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            host = own_address()
            site = web.TCPSite(runner, host, settings.QBOX_PORT)
            await site.start()
            address = _written(host, runner.addresses[0][1])
            while not self._is_over.is_set():
                if await self._asked(lambda: lease.take(self._site, self._holder, address)):
                    await self._hold(cache, service)
                    self._say_who_reaches(address)
                await self._pause()
        finally:
            await self._asked(lambda: lease.let_go(self._site, self._holder))
            await runner.cleanup()
            await store.close()

    async def _hold(self, cache: Cache, service: Service) -> None:
        """Until the lease is another's, or all is over."""
        log.info("the Q.Box of %s: %s objects", self._site, cache.object_count)
        is_held = True
        while is_held:
            cache.shrink()
            stock = lease.Stock(cache.capacity_bytes, cache.used_bytes, cache.object_count)
            counts = service.take_counts()
            is_held = await self._renewed(stock, counts, service)
            if self._is_over.is_set():
                return
            await self._pause()

    def _say_who_reaches(self, address: str) -> None:
        """After the lease became another's, who may have been preferred for being reached."""
        if is_out_of_reach(address) and not self._is_over.is_set():
            why = f"only this machine reaches it at {address}. To keep it here, set NODE_ADDRESS"
            log.info("the Q.Box of %s is kept elsewhere now: %s", self._site, why)

    async def _renewed(self, stock: lease.Stock, counts: lease.Counts, service: Service) -> bool:
        """True too when the database does not answer: what was counted is told at the next beat."""
        renewed = await self._asked(lambda: lease.renew(self._site, self._holder, stock, counts))
        if not renewed:
            service.put_back(counts)
        return renewed is not False

    async def _pause(self) -> None:
        """A beat, or less at the end; a parent that died ends it within a second."""
        clock = asyncio.get_running_loop().time
        beat_ends = clock() + lease.BEAT_SECONDS
        while not self._is_over.is_set() and (left := beat_ends - clock()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), min(left, _LOOK_SECONDS))
            if os.getppid() != self._parent:
                self._is_over.set()

    async def _asked(self, question: Callable[[], _Answer]) -> _Answer | None:
        """The database's answer; None where it has none at the moment."""
        return await asyncio.to_thread(_answer_of, question)


def _answer_of(question: Callable[[], _Answer]) -> _Answer | None:
    try:
        return question()
    except DatabaseError as error:
        log.warning("the Q.Box asks the database again later: %s", error)
        return None
    finally:
        connection.close()


def _is_alone(lock: IO[str]) -> bool:
    """Whether no other process keeps this folder; from then on none does while this one lives."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
