"""What a request says about who signed it, before anyone has looked whether it is true."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from farm.storage.errors import S3Error

CLOCK_SKEW = timedelta(minutes=15)
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class ChunkSigning:
    """What the chunks of an aws-chunked body are signed with."""

    key: bytes
    date: str
    scope: str
    seed: str
    """The signature of the head, which the first chunk's signature takes in."""


@dataclass(frozen=True)
class Claim:
    access_key: str
    is_signed_with: Callable[[str], bool]
    """Whether the signature is the one this secret makes; in constant time."""
    payload_hash: str
    """x-amz-content-sha256, or UNSIGNED-PAYLOAD where the way of signing has none."""
    chunk_signing: Callable[[str], ChunkSigning] | None = None


def is_same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def check_clock(signed_at: datetime, now: datetime) -> None:
    """Raises S3Error where a header was signed too long ago, or in the future."""
    if abs(now - signed_at) > CLOCK_SKEW:
        raise S3Error(
            "RequestTimeTooSkewed",
            f"This request was signed at {signed_at:%H:%M:%S} UTC and it is {now:%H:%M:%S} UTC here: "
            "set the clock of your machine.",
            ServerTime=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        )


def check_expiry(expires_at: datetime, now: datetime) -> None:
    if now > expires_at:
        raise S3Error(
            "AccessDenied", "Request has expired: ask for a new address.", Expires=f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"
        )
