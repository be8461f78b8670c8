"""Whose request it is: the claim held against every valid token of the account, in constant time."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.models import ApiToken
from accounts.tokens import USE_IS_NOTED_EVERY, note_use, secret_candidates
from farm.storage.errors import S3Error, signature_does_not_match
from farm.storage.request import S3Request
from farm.storage.signatures import v2, v4
from farm.storage.signatures.claim import ChunkSigning, Claim

REMEMBERED_SECONDS = 1.0
"""How long a suspended account or a revoked token may still pass. Spares the database while parts pour in."""
REMEMBERED_MAX = 1000

Candidates = list[tuple[ApiToken | None, str]]
_NO_ONES_TEXT = f"rw_{'0' * 20}.{'0' * 40}"

_remembered: dict[str, tuple[float, Candidates]] = {}


@dataclass(frozen=True)
class Caller:
    account_id: int
    email: str
    payload_hash: str
    chunk_signing: ChunkSigning | None


async def caller_of(request: S3Request) -> Caller:
    """The account that signed the request. Raises S3Error; the same one for a wrong secret and for no account."""
    claim = _claim_of(request, datetime.now(UTC))
    match = _matching(claim, _recent(claim.access_key))
    # A token made a moment ago is not among the remembered ones.
    match = match or _matching(claim, await _fetched(claim.access_key))
    if match is None:
        raise signature_does_not_match()
    row, secret = match
    if row.last_used_at is None or timezone.now() - row.last_used_at >= USE_IS_NOTED_EVERY:
        await database_sync_to_async(note_use)(row)
    chunk_signing = claim.chunk_signing(secret) if claim.chunk_signing else None
    return Caller(row.account_id, row.account.email, claim.payload_hash, chunk_signing)


def access_key_of(request: S3Request) -> str:
    """Who says to have signed it, without a look whether it is true. Raises S3Error."""
    return _claim_of(request, datetime.now(UTC)).access_key


def _claim_of(request: S3Request, now: datetime) -> Claim:
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(v4.ALGORITHM):
        return v4.header_claim(request, now)
    if authorization.startswith("AWS "):
        return v2.header_claim(request, now)
    if "X-Amz-Algorithm" in request.query:
        return v4.query_claim(request, now)
    if "AWSAccessKeyId" in request.query:
        return v2.query_claim(request, now)
    raise S3Error(
        "AccessDenied",
        "This address answers signed S3 requests only: the access key is the e-mail of your account, "
        "the secret key one of its API tokens.",
    )


def _matching(claim: Claim, candidates: Candidates) -> tuple[ApiToken, str] | None:
    """The token that signed it. Every candidate is tried, and one where there is none."""
    match = None
    for row, secret in candidates or [(None, _NO_ONES_TEXT)]:
        if claim.is_signed_with(secret) and row is not None:
            match = (row, secret)
    return match


def _recent(access_key: str) -> Candidates:
    fetched_at, candidates = _remembered.get(access_key, (-REMEMBERED_SECONDS, []))
    return candidates if time.monotonic() - fetched_at < REMEMBERED_SECONDS else []


async def _fetched(access_key: str) -> Candidates:
    candidates: Candidates = [*await database_sync_to_async(secret_candidates)(access_key)]
    if len(_remembered) >= REMEMBERED_MAX:
        _remembered.clear()
    _remembered[access_key] = (time.monotonic(), candidates)
    return candidates
