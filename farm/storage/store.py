"""Forwards to the real store: one request signed anew with the installation's own keys, streamed both ways."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.conf import settings
from yarl import URL

from farm.storage.bodies.payload import Payload
from farm.storage.errors import S3Error
from farm.storage.request import ClientGone
from farm.storage.signatures.claim import UNSIGNED_PAYLOAD

PIECE_BYTES = 256 * 1024
"""aiohttp reads at most twice this ahead of a slow client."""


class _UnsignedPayloadAuth(S3SigV4Auth):
    """Signs the head only: the body's own hash was checked in passing, and isn't known beforehand."""

    def payload(self, request: AWSRequest) -> str:
        return UNSIGNED_PAYLOAD


class Store:
    """The backing bucket over one pool of connections."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            read_bufsize=PIECE_BYTES,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=300),
        )
        credentials = Credentials(settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY)
        self._auth = _UnsignedPayloadAuth(credentials, "s3", settings.S3_REGION)

    async def close(self) -> None:
        await self._session.close()

    @asynccontextmanager
    async def request(
        self,
        method: str,
        stored_key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Payload | bytes = b"",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The store's answer, its body still unread. Raises S3Error where the store can't be reached."""
        url = f"{settings.S3_ENDPOINT_URL.rstrip('/')}/{settings.S3_BUCKET}"
        url += "/" + quote(stored_key, safe="/-_.~") if stored_key else ""
        url += "?" + urlencode(query, quote_via=quote, safe="-_.~") if query else ""
        signed = AWSRequest(method, url, headers=dict(headers or {}))
        self._auth.add_auth(signed)
        sent = {**{str(name): str(value) for name, value in signed.headers.items()}}
        data = await _outgoing(body, sent, method)
        try:
            async with self._session.request(
                method, URL(url, encoded=True), headers=sent, data=data, allow_redirects=False
            ) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            if isinstance(body, Payload) and body.failure:
                raise body.failure from error
            raise S3Error("ServiceUnavailable", "The store behind this address doesn't answer: try again.") from error

    def copy_source(self, stored_key: str) -> str:
        """The header that names an object of the backing bucket as the one to copy from."""
        return quote(f"/{settings.S3_BUCKET}/{stored_key}", safe="/-_.~")

    async def answers(self) -> bool:
        """Whether the store answers, and holds the backing bucket."""
        try:
            async with self.request("HEAD") as response:
                return response.status == 200
        except S3Error:
            return False


async def _outgoing(body: Payload | bytes, headers: dict[str, str], method: str) -> Any:
    if isinstance(body, Payload) and body.length == 0:
        # With nothing to hold back, the checks must have passed before the head is sent.
        async for _ in body:
            raise ClientGone
        body = b""
    length = body.length if isinstance(body, Payload) else len(body)
    if length or method in ("PUT", "POST"):
        headers["Content-Length"] = str(length)
    return body if length else None
