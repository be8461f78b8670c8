"""What goes back over the connection: XML, an empty answer, or a stream from the store."""

import uuid
from collections.abc import AsyncIterator, Iterable, Mapping

from farm.storage.errors import S3Error
from farm.storage.request import Send
from farm.storage.xml import Node, document


class Reply:
    """One answer, begun once."""

    def __init__(self, send: Send, *, is_head: bool) -> None:
        self._send, self._is_head = send, is_head
        self.has_started = False
        self.headers: Mapping[str, str] = {}
        """Of every answer to this request, be it a refusal."""
        self.request_id = uuid.uuid4().hex[:16].upper()

    async def empty(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Without a body. HEAD keeps the length of the body that GET would have."""
        length = {} if status in (204, 304) else {"content-length": "0"}
        await self._start(status, {**length, **(headers or {})})
        await self._send({"type": "http.response.body"})

    async def xml(self, name: str, children: Iterable[Node] = (), *, status: int = 200) -> None:
        await self.whole(document(name, children), "application/xml", status=status)

    async def whole(
        self, body: bytes, content_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        described = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
        await self._start(status, described)
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body})

    async def stream(self, status: int, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> None:
        await self._start(status, headers)
        async for chunk in chunks:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        await self._send({"type": "http.response.body"})

    async def error(self, error: S3Error, resource: str, headers: Mapping[str, str]) -> None:
        children: list[Node] = [("Code", error.code), ("Message", error.message), *error.details.items()]
        children += [("Resource", resource), ("RequestId", self.request_id)]
        body = document("Error", children, namespace="")
        await self.whole(body, "application/xml", status=error.status, headers=headers)

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.has_started = True
        named = {**headers, **self.headers, "x-amz-request-id": self.request_id}
        encoded = [(name.encode("latin-1"), value.encode("utf-8", "surrogateescape")) for name, value in named.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})
