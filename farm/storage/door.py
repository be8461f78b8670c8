"""The S3 door of the accounts: an ASGI application that checks who asks, maps their names, signs anew, streams.

Not a store: the one behind it (settings.S3_ENDPOINT_URL) keeps the bytes. Only buckets' names are rows here.
"""

import logging

from farm.storage.call import Call
from farm.storage.errors import S3Error
from farm.storage.operations import cors
from farm.storage.operations.table import operation_of
from farm.storage.reply import Reply
from farm.storage.request import ClientGone, Receive, S3Request, Scope, Send
from farm.storage.signatures.caller import caller_of
from farm.storage.store import Store

HEALTH_PATH = "/-/health"

log = logging.getLogger(__name__)


class S3Door:
    """`S3Door()` is the application; it opens its connections to the store at the first request."""

    def __init__(self) -> None:
        self._store: Store | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            request = S3Request.of(scope, receive)
            await self._answer(request, Reply(send, is_head=request.method == "HEAD"))

    @property
    def _open_store(self) -> Store:
        self._store = self._store or Store()
        return self._store

    async def _live(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        if self._store:
            await self._store.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: S3Request, reply: Reply) -> None:
        try:
            if request.path == HEALTH_PATH:
                await reply.empty(200 if await self._open_store.answers() else 503)
            elif request.method == "OPTIONS":
                await cors.preflight(request, reply)
            else:
                call = Call(request, await caller_of(request), self._open_store, reply)
                await cors.let_in(call)
                await operation_of(request)(call)
        except ClientGone:
            log.debug("%s was cut by the client", request.method)
        except S3Error as refusal:
            await self._refuse(request, reply, refusal)
        except Exception:
            log.exception("%s of a bucket's %s failed", request.method, "object" if "/" in request.path[1:] else "list")
            await self._refuse(request, reply, S3Error("InternalError", "Something broke here: try again."))

    async def _refuse(self, request: S3Request, reply: Reply, refusal: S3Error) -> None:
        """Raises the refusal where the answer has begun: the server then cuts the connection, which tells enough."""
        if reply.has_started:
            raise refusal
        # A client that waits to be told to send its body would be taken at its word on this connection.
        is_waiting = "expect" in request.headers and not request.has_read_body
        headers = {"connection": "close"} if is_waiting else {}
        await reply.error(refusal, request.raw_path, headers)


application = S3Door()
