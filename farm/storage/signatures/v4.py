"""AWS Signature Version 4, in the Authorization header or in the query of a presigned address. Any region."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from farm.storage.errors import S3Error
from farm.storage.request import S3Request, whole_number
from farm.storage.signatures.claim import (
    CLOCK_SKEW,
    UNSIGNED_PAYLOAD,
    ChunkSigning,
    Claim,
    check_clock,
    check_expiry,
    is_same,
)

ALGORITHM = "AWS4-HMAC-SHA256"
EXPIRES_MAX = timedelta(days=7)

_HEADER = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<credential>.+?)\s*,\s*SignedHeaders=(?P<signed>[^,\s]+)\s*,"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class _Credential:
    access_key: str
    day: str
    region: str

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/s3/aws4_request"

    def signing_key(self, secret: str) -> bytes:
        key = f"AWS4{secret}".encode()
        for part in (self.day, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key


def header_claim(request: S3Request, now: datetime) -> Claim:
    """The claim of an `Authorization: AWS4-HMAC-SHA256 …` header. Raises S3Error."""
    found = _HEADER.fullmatch(request.headers["authorization"].strip())
    if not found:
        raise _malformed("The Authorization header can't be read.")
    date = request.headers.get("x-amz-date", "")
    check_clock(_time(date), now)
    payload_hash = request.headers.get("x-amz-content-sha256", "")
    if not payload_hash:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    credential = _credential(found["credential"], date)
    return _claim(request, credential, date, found["signed"], found["signature"], payload_hash)


def query_claim(request: S3Request, now: datetime) -> Claim:
    """The claim of a presigned address. Raises S3Error."""
    query = request.query
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise _malformed(f"The algorithm must be {ALGORITHM}.")
    date = query.get("X-Amz-Date", "")
    seconds = whole_number(query.get("X-Amz-Expires", "")) or 0
    if not 0 < seconds <= EXPIRES_MAX.total_seconds():
        raise _malformed("X-Amz-Expires must be between 1 and 604800 seconds.")
    signed_at = _time(date)
    if signed_at - now > CLOCK_SKEW:
        check_clock(signed_at, now)
    check_expiry(signed_at + timedelta(seconds=seconds), now)
    payload_hash = request.headers.get("x-amz-content-sha256") or query.get("X-Amz-Content-SHA256", UNSIGNED_PAYLOAD)
    return _claim(
        request,
        _credential(query.get("X-Amz-Credential", ""), date),
        date,
        query.get("X-Amz-SignedHeaders", ""),
        query.get("X-Amz-Signature", ""),
        payload_hash,
    )


def _claim(
    request: S3Request, credential: _Credential, date: str, signed: str, signature: str, payload_hash: str
) -> Claim:
    names = signed.lower().split(";")
    _check_signed_headers(request, names)
    canonical = hashlib.sha256(_canonical_request(request, names, payload_hash).encode("utf-8", "surrogateescape"))
    to_sign = "\n".join([ALGORITHM, date, credential.scope, canonical.hexdigest()]).encode()

    def is_signed_with(secret: str) -> bool:
        return is_same(hmac.new(credential.signing_key(secret), to_sign, hashlib.sha256).hexdigest(), signature)

    def chunk_signing(secret: str) -> ChunkSigning:
        return ChunkSigning(credential.signing_key(secret), date, credential.scope, signature)

    return Claim(credential.access_key, is_signed_with, payload_hash, chunk_signing)


def _check_signed_headers(request: S3Request, names: list[str]) -> None:
    """Every x-amz- header changes what a request does: one that isn't signed could be added by whoever holds a URL."""
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in names]
    if unsigned or "host" not in names:
        raise S3Error(
            "AccessDenied", "There were headers present in the request which were not signed.",
            HeadersNotSigned=", ".join(unsigned or ["host"]),
        )  # fmt: skip


def _canonical_request(request: S3Request, names: list[str], payload_hash: str) -> str:
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    path = quote(request.path, safe="/-_.~", errors="surrogateescape")
    parts = [request.method, path, _canonical_query(request), headers, ";".join(names), payload_hash]
    return "\n".join(parts)


def _canonical_query(request: S3Request) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~", errors="surrogateescape"), quote(value, safe="-_.~", errors="surrogateescape"))
        for name, value in request.query_list
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _credential(text: str, date: str) -> _Credential:
    parts = text.rsplit("/", 4)  # an e-mail may hold a slash: what follows it never does
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"]:
        raise _malformed("The credential must be <access key>/<day>/<region>/s3/aws4_request.")
    access_key, day, region = parts[:3]
    if not date.startswith(day) or len(day) != 8:
        raise _malformed("The day of the credential is not the day of the request.")
    return _Credential(access_key, day, region)


def _time(date: str) -> datetime:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _malformed("X-Amz-Date must look like 20261123T181500Z.") from error


def _malformed(message: str) -> S3Error:
    return S3Error("AuthorizationHeaderMalformed", message)
