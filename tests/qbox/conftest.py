"""A Q.Box that listens on loopback before the real store, and nodes that stage through it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from aiohttp import web

from farm.node import staging
from farm.qbox.asking import Nearby
from farm.qbox.cache import Cache
from farm.qbox.service import Service
from farm.storage.store import Store
from tests.node.conftest import node, order, put_object, shift

__all__ = ["node", "order", "put_object", "shift"]

MB = 1_000_000


class RunningQBox:
    """Its loop runs in a thread of its own."""

    def __init__(self, folder, most_bytes):
        self.folder = folder
        self.cache = Cache(folder, most_bytes)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start())

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _start(self):
        self._store = Store()
        self.service = Service(self.cache, self._store)
        self._runner = web.AppRunner(self.service.application(), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"127.0.0.1:{self._runner.addresses[0][1]}"

    async def _end(self):
        await self._runner.cleanup()
        await self._store.close()

    def stop(self):
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def counts(self):
        return self.service.counts


@pytest.fixture
def start_qbox(s3_store, tmp_path):
    """`with start_qbox() as qbox`: over the folder that the last one left."""

    @contextmanager
    def start(most_bytes=100 * MB):
        qbox = RunningQBox(tmp_path / "qbox", most_bytes)
        try:
            yield qbox
        finally:
            qbox.stop()

    return start


@pytest.fixture
def qbox(start_qbox):
    with ExitStack() as held:
        yield held.enter_context(start_qbox())


@pytest.fixture
def stage(tmp_path):
    """`stage(task, qbox)` as a slot does: {path: bytes} of its job folder. `times`: so many slots at once."""
    count = 0

    def one(task, address, number):
        folder = tmp_path / f"job-{number}"
        folder.mkdir()
        staging.stage(task, folder, lambda: False, qbox=Nearby(address))
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def stage(task, qbox, times=1):
        nonlocal count
        numbers = range(count, count + times)
        count += times
        address = qbox if isinstance(qbox, str) else qbox.address
        with ThreadPoolExecutor(times) as slots:
            staged = list(slots.map(lambda number: one(task, address, number), numbers))
        return staged[0] if times == 1 else staged

    return stage
