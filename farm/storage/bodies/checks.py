"""Fingerprints a client sends with a body, taken along while the bytes pass."""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable
from typing import Protocol

from anycrc import Model

from farm.storage.errors import S3Error, not_implemented

CHECKSUM_PREFIX = "x-amz-checksum-"


class Fingerprint(Protocol):
    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class _Cyclic:
    """A CRC behind the interface of hashlib."""

    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step, self._size, self._value = step, size, 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


_ALGORITHMS: dict[str, Callable[[], Fingerprint]] = {
    # awscrt would do, but botocore signs otherwise wherever it is installed.
    "crc32": lambda: _Cyclic(zlib.crc32, 4),
    "crc32c": lambda: _Cyclic(Model("CRC32C").calc, 4),
    "crc64nvme": lambda: _Cyclic(Model("CRC64-NVME").calc, 8),
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
}


class Check:
    """A fingerprint and what it should be. `expected` may come after the bytes, as a trailer does."""

    def __init__(self, fingerprint: Fingerprint, refusal: S3Error, expected: bytes | None = None) -> None:
        self._fingerprint, self._refusal, self.expected = fingerprint, refusal, expected

    def update(self, data: bytes) -> None:
        self._fingerprint.update(data)

    def require_match(self) -> None:
        """Raises S3Error where the bytes that passed are not the ones that were meant."""
        if self.expected is None or not hmac.compare_digest(self._fingerprint.digest(), self.expected):
            raise self._refusal


def content_sha256(hexadecimal: str) -> Check:
    """The hash the request's signature was made over."""
    refusal = S3Error(
        "XAmzContentSHA256Mismatch", "The bytes that arrived are not the ones that were signed: send them again."
    )
    return Check(hashlib.sha256(), refusal, _from_hexadecimal(hexadecimal))


def checksum(header_name: str, encoded: str | None = None) -> Check:
    """The check of an `x-amz-checksum-…` header or trailer. Raises S3Error for an algorithm that isn't known."""
    algorithm = header_name.removeprefix(CHECKSUM_PREFIX)
    if algorithm not in _ALGORITHMS:
        raise not_implemented(f"the checksum {algorithm}")
    refusal = S3Error("BadDigest", f"The {algorithm.upper()} you gave is not the one of the bytes that arrived.")
    return Check(_ALGORITHMS[algorithm](), refusal, None if encoded is None else from_base64(encoded))


def content_md5(encoded: str) -> Check:
    refusal = S3Error("BadDigest", "The Content-MD5 you gave is not the one of the bytes that arrived.")
    return Check(hashlib.md5(usedforsecurity=False), refusal, from_base64(encoded))


def from_base64(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise S3Error("InvalidRequest", "A checksum must be Base64.") from error


def _from_hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise S3Error("InvalidArgument", "x-amz-content-sha256 must be a hash or one of S3's words.") from error
