"""Long answers sent piece by piece: collected nowhere, whatever their length."""

from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from asgiref.sync import sync_to_async

Piece = TypeVar("Piece", str, bytes)


async def piecewise(pieces: Iterator[Piece], *, asks_database: bool) -> AsyncIterator[Piece]:
    """Each piece is made in a thread; the next one only when the browser has taken this one.

    `asks_database`: in the thread that owns the request's connection, one request after the other.
    """
    step = sync_to_async(lambda: next(pieces, None), thread_sensitive=asks_database)
    while (piece := await step()) is not None:
        yield piece
