"""A request at the S3 door, taken apart once: bucket, key, query, headers, and the body as a stream."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, unquote_plus

from farm.storage.errors import S3Error
from farm.storage.names import BadBucketName, BadKey, check_bucket_name, check_key

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ClientGone(Exception):
    """The connection was cut before the body was whole: nothing to answer, nothing to keep."""


@dataclass
class S3Request:
    method: str
    raw_path: str
    """As it came, still percent-encoded."""
    raw_query: str
    header_list: list[tuple[str, str]]
    """Names in lower case, repeated names repeated."""
    receive: Receive
    has_read_body: bool = field(default=False, init=False)

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> "S3Request":
        headers = [(name.decode("latin-1").lower(), _text(value)) for name, value in scope["headers"]]
        raw_path = scope["raw_path"].decode("latin-1")
        return cls(scope["method"], raw_path, scope["query_string"].decode("latin-1"), headers, receive)

    @cached_property
    def headers(self) -> dict[str, str]:
        """Repeated headers joined by commas, as HTTP means them."""
        joined: dict[str, str] = {}
        for name, value in self.header_list:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        return joined

    @cached_property
    def query_list(self) -> list[tuple[str, str]]:
        """Decoded pairs in the order they came; a name without `=` has an empty value."""
        pairs = [pair.partition("=") for pair in self.raw_query.split("&") if pair]
        return [(_decoded(name), _decoded(value)) for name, _, value in pairs]

    @cached_property
    def query(self) -> dict[str, str]:
        """The last of repeated names wins. Raises S3Error for bytes that are no UTF-8."""
        if any("\ud800" <= letter <= "\udfff" for name, value in self.query_list for letter in name + value):
            raise S3Error("InvalidArgument", "The query must be UTF-8.")
        return dict(self.query_list)

    @cached_property
    def path(self) -> str:
        """Decoded once; bytes that are no UTF-8 stay as surrogates, which no key may hold."""
        return unquote(self.raw_path, errors="surrogateescape")

    @cached_property
    def bucket(self) -> str:
        """The bucket's name, or empty. Raises S3Error for a name no bucket can have."""
        name = self.path.removeprefix("/").partition("/")[0]
        try:
            return check_bucket_name(name) if name else ""
        except BadBucketName as refusal:
            shown = name.encode("utf-8", "replace").decode()
            raise S3Error("InvalidBucketName", str(refusal), BucketName=shown) from refusal

    @cached_property
    def key(self) -> str:
        """The object's key, or empty. Raises S3Error for a key that is not taken."""
        key = self.path.removeprefix("/").partition("/")[2]
        return checked_key(key) if key else ""

    @property
    def content_length(self) -> int | None:
        """Bytes of the body as sent, or None where the request doesn't say."""
        return whole_number(self.headers.get("content-length", ""))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, never more than a few hundred kB at once. Raises ClientGone."""
        self.has_read_body = True
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            if message.get("body"):
                yield message["body"]
            more = message.get("more_body", False)

    async def gone(self) -> None:
        """Returns when the client has cut the connection. Only after the body was read."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def whole_number(text: str) -> int | None:
    """The number in a header; None for anything else than up to 15 digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def checked_key(key: str) -> str:
    try:
        return check_key(key)
    except BadKey as refusal:
        raise S3Error("InvalidArgument", str(refusal)) from refusal


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")


def _text(value: bytes) -> str:
    """Header values are UTF-8 where they can be: e-mails and metadata may hold any letter."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
