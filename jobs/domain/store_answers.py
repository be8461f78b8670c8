"""What a storage's answer means to a render whose files are on their way: a refusal, or what may pass by itself."""

from botocore.exceptions import ClientError

from jobs.buckets import KEYS_REFUSED
from jobs.domain.log_cleaning import clean

LONGEST_ANSWER = 300
"""Characters."""
_ASK_LATER = (401, 408, 429)
_MAY_PASS = (*KEYS_REFUSED, "RequestTimeout", "IncompleteBody", "BadDigest", "OperationAborted")
"""Of a token that a new one replaces, and of a bad line or another request at the same time: S3 has no 5xx for them."""


def refusal(failure: Exception) -> str:
    """Its words, safe to keep and to show, where asking again would only bring them again; else empty."""
    if not isinstance(failure, ClientError):
        return ""
    status, said = status_of(failure), failure.response.get("Error", {})
    if not 400 <= status < 500 or status in _ASK_LATER or said.get("Code") in _MAY_PASS:
        return ""
    words = " ".join(f"{said.get('Code') or status}: {said.get('Message') or ''}".split()).rstrip(":")
    return clean(words)[:LONGEST_ANSWER]


def is_gone(failure: ClientError) -> bool:
    """A bucket or an object that was there a moment ago is not: looked at anew, it may be made, or left out."""
    return status_of(failure) == 404


def status_of(failure: ClientError) -> int:
    return failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
