"""The body of an upload, made ready to be passed on: decoded, counted, checked, its last piece held back.

The store keeps an object only when all bytes it was promised have come. So the last piece
waits until every check has passed: a tampered or cut body never becomes an object.
"""

from collections.abc import AsyncIterator
from functools import partial

from farm.storage.bodies import chunked
from farm.storage.bodies.checks import CHECKSUM_PREFIX, Check, checksum, content_md5, content_sha256, from_base64
from farm.storage.errors import S3Error
from farm.storage.request import ClientGone, S3Request, whole_number
from farm.storage.signatures.caller import Caller
from farm.storage.signatures.claim import UNSIGNED_PAYLOAD

OBJECT_BYTES_MAX = 5 * 1024**3
"""What one PUT may carry, as at Amazon; larger files go in parts."""


class Payload:
    """`length` bytes, to be iterated once. After a failed transfer `failure` says why it was broken off."""

    def __init__(self, length: int, chunks: AsyncIterator[bytes], checks: list[Check]) -> None:
        self.length = length
        self.failure: Exception | None = None
        self._chunks, self._checks = chunks, checks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._checked():
                yield piece
        except (S3Error, ClientGone) as failure:
            self.failure = failure
            raise

    async def _checked(self) -> AsyncIterator[bytes]:
        held, count = b"", 0
        async for piece in self._chunks:
            count += len(piece)
            if count > self.length:
                break
            for check in self._checks:
                check.update(piece)
            if held:
                yield held
            held = piece
        if count != self.length:
            raise S3Error("IncompleteBody", "The body has not the number of bytes its head gave.")
        for check in self._checks:
            check.require_match()
        if held:
            yield held


def payload_of(request: S3Request, caller: Caller, *, checksums_are_of_body: bool = True) -> Payload:
    """The request's body. Raises S3Error for a length or a way of coding that is not taken."""
    length = request.content_length
    sums = {name: value for name, value in request.headers.items() if _is_checksum(name) and checksums_are_of_body}
    checks = [checksum(name, value) for name, value in sums.items()]
    if "content-md5" in request.headers:
        checks.append(content_md5(request.headers["content-md5"]))
    chunks = request.chunks()
    if caller.payload_hash.startswith("STREAMING-"):
        length = _decoded_length(request)
        chunks = _decoding(request, caller, chunks, checks)
    elif caller.payload_hash != UNSIGNED_PAYLOAD:
        checks.append(content_sha256(caller.payload_hash))
    if length is None:
        raise S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.")
    if length > OBJECT_BYTES_MAX:
        raise S3Error("InvalidRequest", "One upload takes at most 5 GiB: send the file in parts.")
    return Payload(length, chunks, checks)


async def small_body(request: S3Request, caller: Caller, limit: int, *, checksums_are_of_body: bool = True) -> bytes:
    """The whole body of a command such as DeleteObjects, checked. Raises S3Error beyond `limit` bytes."""
    payload = payload_of(request, caller, checksums_are_of_body=checksums_are_of_body)
    if payload.length > limit:
        raise S3Error("InvalidRequest", f"This command takes at most {limit} bytes.")
    return b"".join([piece async for piece in payload])


def _is_checksum(name: str) -> bool:
    kinds = ("x-amz-checksum-mode", "x-amz-checksum-type", "x-amz-checksum-algorithm")
    return name.startswith(CHECKSUM_PREFIX) and name not in kinds


def _decoding(
    request: S3Request, caller: Caller, chunks: AsyncIterator[bytes], checks: list[Check]
) -> AsyncIterator[bytes]:
    coding = caller.payload_hash
    is_signed = coding.startswith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    if not is_signed and coding != "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
        raise S3Error("NotImplemented", f"This store doesn't take bodies coded as {coding}.")
    if is_signed and caller.chunk_signing is None:
        raise S3Error("InvalidRequest", "A body of signed chunks needs a Signature Version 4.")
    on_trailer = partial(_expect, _trailer_checks(request, checks)) if coding.endswith("-TRAILER") else None
    return chunked.decoded(chunks, caller.chunk_signing if is_signed else None, on_trailer)


def _trailer_checks(request: S3Request, checks: list[Check]) -> dict[str, Check]:
    names = [name.strip().lower() for name in request.headers.get("x-amz-trailer", "").split(",") if name.strip()]
    promised = {name: checksum(name) for name in names if _is_checksum(name)}
    checks.extend(promised.values())
    return promised


def _expect(promised: dict[str, Check], name: str, value: str) -> None:
    if name in promised:
        promised[name].expected = from_base64(value)


def _decoded_length(request: S3Request) -> int | None:
    return whole_number(request.headers.get("x-amz-decoded-content-length", ""))
