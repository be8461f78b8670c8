"""AWS Signature Version 2, which the Qarnot SDK's own client still uses for presigned addresses."""

import base64
import hmac
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from farm.storage.errors import S3Error
from farm.storage.request import S3Request
from farm.storage.signatures.claim import UNSIGNED_PAYLOAD, Claim, check_clock, check_expiry, is_same

_WORDS = """
    accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics
    notification object-lock partNumber policy replication requestPayment response-cache-control
    response-content-disposition response-content-encoding response-content-language response-content-type
    response-expires restore select select-type storageClass tagging torrent uploadId uploads versionId
    versioning versions website
"""
SIGNED_PARAMETERS = frozenset(_WORDS.split())
"""The others are not part of a V2 signature; none of them chooses an operation that changes anything."""


def header_claim(request: S3Request, now: datetime) -> Claim:
    """The claim of an `Authorization: AWS <access key>:<signature>` header. Raises S3Error."""
    access_key, _, signature = request.headers["authorization"].removeprefix("AWS ").strip().rpartition(":")
    date = request.headers.get("x-amz-date") or request.headers.get("date", "")
    try:
        signed_at = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError) as error:
        raise S3Error("AccessDenied", "A signed request needs a Date or x-amz-date header.") from error
    check_clock(signed_at if signed_at.tzinfo else signed_at.replace(tzinfo=UTC), now)
    return _claim(request, access_key, signature, "" if "x-amz-date" in request.headers else date)


def query_claim(request: S3Request, now: datetime) -> Claim:
    """The claim of a presigned address. Raises S3Error."""
    expires = request.query.get("Expires", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        raise S3Error("AccessDenied", "Expires must be a time in seconds since 1970.")
    check_expiry(datetime.fromtimestamp(int(expires), UTC), now)
    # s3cmd leaves the `+` of an e-mail as it is, which a query reads as a space; no e-mail has one.
    access_key = request.query["AWSAccessKeyId"].replace(" ", "+")
    return _claim(request, access_key, request.query.get("Signature", ""), expires)


def _claim(request: S3Request, access_key: str, signature: str, date: str) -> Claim:
    texts = [_to_sign(request, date, resource).encode("utf-8", "surrogateescape") for resource in _resources(request)]

    def is_signed_with(secret: str) -> bool:
        made = [base64.b64encode(hmac.digest(secret.encode(), text, "sha1")).decode() for text in texts]
        return any(is_same(each, signature) for each in made)

    return Claim(access_key, is_signed_with, UNSIGNED_PAYLOAD)


def _to_sign(request: S3Request, date: str, resource: str) -> str:
    headers = request.headers
    amazon = [f"{name}:{headers[name].strip()}" for name in sorted(headers) if name.startswith("x-amz-")]
    parts = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), date]
    return "\n".join([*parts, *amazon, resource])


def _resources(request: S3Request) -> list[str]:
    """What the signature names. boto3 signs a bucket with a slash behind it that it doesn't send."""
    signed = sorted((name, value) for name, value in request.query_list if name in SIGNED_PARAMETERS)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    paths = [request.raw_path] if "/" in request.raw_path[1:] else [request.raw_path, f"{request.raw_path}/"]
    return [f"{path}?{query}" if query else path for path in paths]
