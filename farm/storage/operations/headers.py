"""Which headers pass the door, in and out. The others mean nothing behind it, or would tell what lies there."""

from collections.abc import Mapping

from farm.storage.errors import not_implemented
from farm.storage.request import S3Request

METADATA = "x-amz-meta-"

DESCRIBING = ("content-type", "content-disposition", "content-language", "cache-control", "expires")
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
COPYING = (
    "x-amz-metadata-directive",
    "x-amz-copy-source-range",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-unmodified-since",
)
_REFUSED = {
    "x-amz-server-side-encryption": "encryption by the store",
    "x-amz-server-side-encryption-customer-algorithm": "encryption by the store",
    "x-amz-copy-source-server-side-encryption-customer-algorithm": "encryption by the store",
    "x-amz-object-lock-mode": "locked objects",
    "x-amz-website-redirect-location": "web sites",
    "x-amz-tagging": "tags",
}
_ANSWERED = (
    *DESCRIBING,
    "content-length",
    "content-encoding",
    "content-range",
    "accept-ranges",
    "etag",
    "last-modified",
    "x-amz-mp-parts-count",
)
_NEVER_A_PAGE = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}
"""An artist's file opened in a browser must not act in the name of the pages of the same host."""


def describing(request: S3Request) -> dict[str, str]:
    """What an upload says about its object. Raises S3Error for a promise this store couldn't keep."""
    for name, what in _REFUSED.items():
        if name in request.headers:
            raise not_implemented(what)
    passed = only(request, DESCRIBING)
    passed.update({name: value for name, value in request.headers.items() if name.startswith(METADATA)})
    codings = [coding.strip() for coding in request.headers.get("content-encoding", "").split(",")]
    kept = ",".join(coding for coding in codings if coding and coding != "aws-chunked")
    return {**passed, "content-encoding": kept} if kept else passed


def only(request: S3Request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.headers[name] for name in names if name in request.headers}


def answered(headers: Mapping[str, str]) -> dict[str, str]:
    """What the store says about an object, as the caller may hear it."""
    lower = {name.lower(): value for name, value in headers.items()}
    passed = {name: value for name, value in lower.items() if name in _ANSWERED or name.startswith(METADATA)}
    return {**passed, **_NEVER_A_PAGE}


def quoted_etag(etag: str) -> str:
    """Some stores leave the quotes out."""
    return '"' + etag.strip('"') + '"' if etag else ""
