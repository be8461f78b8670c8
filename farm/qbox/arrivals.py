"""An object on its way from the store into the cache: whoever asks meanwhile is sent what has come so far."""

import asyncio
import os
import zlib
from typing import BinaryIO

from farm.qbox.cache import Cache
from farm.qbox.want import Want
from farm.storage.backing import object_prefix
from farm.storage.names import check_key
from farm.storage.store import Store

_PIECE_BYTES = 1 << 20


class NotBrought(Exception):
    """The store has no such object (any more), or it broke off."""


class Arrival:
    def __init__(self, want: Want, cache: Cache) -> None:
        """Raises OSError. `run` is to follow."""
        self._want = want
        self._cache = cache
        self._draft = cache.draft(want.name)
        self._file = self._draft.open("w+b", buffering=0)
        self._came = -1
        """Bytes; none are counted before the store has said that it has the object."""
        self._fault: Exception | None = None
        self._news = asyncio.Condition()

    def reader(self) -> BinaryIO:
        """A file of its own on what comes; its position is shared, so read at offsets only. To be asked for at once."""
        return os.fdopen(os.dup(self._file.fileno()), "rb")

    async def reached(self, offset: int) -> int:
        """How many bytes are there, once it is at least `offset`. Raises NotBrought."""
        async with self._news:
            await self._news.wait_for(lambda: self._came >= offset or self._fault is not None)
        if self._came < offset:
            raise NotBrought from self._fault
        return self._came

    async def run(self, store: Store) -> None:
        """Brings it into the cache. Raises NotBrought, as everyone who waits for it is told too."""
        try:
            with self._file, self._cache.room_for(self._want.size):
                checksum = await self._bring(store)
            self._cache.keep(self._want.name, self._want.size, checksum)
        except Exception as fault:
            self._draft.unlink(missing_ok=True)
            self._fault = fault
            raise NotBrought(str(fault)) from fault
        finally:
            async with self._news:
                self._news.notify_all()

    async def _bring(self, store: Store) -> int:
        """The checksum of the bytes."""
        want = self._want
        stored_key = object_prefix(want.account_id, want.bucket) + check_key(want.key)
        checksum = 0
        async with store.request("GET", stored_key, headers={"If-Match": f'"{want.etag}"'}) as answer:
            told = answer.headers.get("ETag", "").strip('"')
            if answer.status != 200 or told != want.etag or answer.content_length != want.size:
                raise NotBrought(f"the store answered {answer.status} with ETag {told!r}")
            await self._tell(0)
            async for piece in answer.content.iter_chunked(_PIECE_BYTES):
                checksum = await asyncio.to_thread(self._write, piece, self._came, checksum)
                await self._tell(self._came + len(piece))
        if self._came != want.size:
            raise NotBrought(f"the store broke off after {self._came} bytes")
        return checksum

    def _write(self, piece: bytes, offset: int, checksum: int) -> int:
        left = memoryview(piece)
        while left:
            written = os.pwrite(self._file.fileno(), left, offset)
            left, offset = left[written:], offset + written
        return zlib.crc32(piece, checksum)

    async def _tell(self, came: int) -> None:
        async with self._news:
            self._came = came
            self._news.notify_all()
