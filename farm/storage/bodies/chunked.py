"""Decodes `aws-chunked` bodies: `<hex size>[;chunk-signature=…]\\r\\n<bytes>\\r\\n … 0…\\r\\n[trailers]\\r\\n`.

The newer command lines and SDKs send these, to sign pieces or to put a checksum behind the bytes.
"""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable

from farm.storage.errors import S3Error, signature_does_not_match
from farm.storage.signatures.claim import ChunkSigning

LINE_BYTES_MAX = 2048
TRAILERS_MAX = 10
_SIZE = re.compile(r"[0-9A-Fa-f]{1,12}")
_NOTHING = hashlib.sha256(b"").hexdigest()


class _Source:
    """Lines and exact runs of bytes out of a stream of arbitrary pieces."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    async def _more(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise S3Error("IncompleteBody", "The aws-chunked body ended too early.") from None

    async def line(self) -> str:
        while b"\r\n" not in self._held:
            if len(self._held) > LINE_BYTES_MAX:
                raise S3Error("InvalidRequest", "A line of the aws-chunked body is too long.")
            self._held += await self._more()
        line, _, self._held = self._held.partition(b"\r\n")
        return line.decode("latin-1")

    async def exactly(self, size: int) -> AsyncIterator[bytes]:
        while size:
            piece = self._held or await self._more()
            self._held = piece[size:]
            piece = piece[:size]
            size -= len(piece)
            yield piece


class _ChunkSignatures:
    """The chain of signatures: each chunk's takes in the one before. Without `signing`, nothing is checked."""

    def __init__(self, signing: ChunkSigning | None) -> None:
        self._signing = signing
        self._previous = signing.seed if signing else ""

    def require(self, kind: str, hashes: list[str], signature: str) -> None:
        if self._signing is None:
            return
        signed = [kind, self._signing.date, self._signing.scope, self._previous, *hashes]
        expected = hmac.new(self._signing.key, "\n".join(signed).encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), signature.encode("latin-1", "replace")):
            raise signature_does_not_match()
        self._previous = signature


async def decoded(
    chunks: AsyncIterator[bytes],
    signing: ChunkSigning | None,
    on_trailer: Callable[[str, str], None] | None,
) -> AsyncIterator[bytes]:
    """The bytes inside. Raises S3Error; the end of the stream is reached only where all of it was right.

    `on_trailer(name, value)` is called for each trailer after the bytes; None where the body has none.
    """
    source, signatures = _Source(chunks), _ChunkSignatures(signing)
    size = None
    while size != 0:
        size, signature = _head(await source.line())
        fingerprint = hashlib.sha256()
        async for piece in source.exactly(size):
            fingerprint.update(piece) if signing else None
            yield piece
        if size and await source.line():
            raise S3Error("InvalidRequest", "A chunk of the aws-chunked body is longer than it says.")
        signatures.require("AWS4-HMAC-SHA256-PAYLOAD", [_NOTHING, fingerprint.hexdigest()], signature)
    if on_trailer:
        await _read_trailers(source, signatures, on_trailer)


def _head(line: str) -> tuple[int, str]:
    size, _, extension = line.partition(";")
    if not _SIZE.fullmatch(size):
        raise S3Error("InvalidRequest", "A chunk of the aws-chunked body doesn't begin with its size.")
    return int(size, 16), extension.strip().removeprefix("chunk-signature=")


async def _read_trailers(source: _Source, signatures: _ChunkSignatures, on_trailer: Callable[[str, str], None]) -> None:
    signed, signature = "", ""
    for _ in range(TRAILERS_MAX):
        line = await source.line()
        if not line:
            break
        name, _, value = line.partition(":")
        if name.lower() == "x-amz-trailer-signature":
            signature = value.strip()
            continue
        signed += f"{name.lower()}:{value.strip()}\n"
        on_trailer(name.lower(), value.strip())
    signatures.require("AWS4-HMAC-SHA256-TRAILER", [hashlib.sha256(signed.encode()).hexdigest()], signature)
