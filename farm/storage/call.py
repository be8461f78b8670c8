"""One call at the S3 door: who calls, what for, and where the caller's bucket lies behind the door."""

import time
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import aiohttp
from channels.db import database_sync_to_async

from farm.models import Bucket
from farm.storage.errors import S3Error, no_such_bucket
from farm.storage.names import BadBucketName, check_bucket_name, object_prefix
from farm.storage.reply import Reply
from farm.storage.request import S3Request, checked_key
from farm.storage.signatures.caller import Caller
from farm.storage.store import Store
from farm.storage.xml import parsed

REMEMBERED_SECONDS = 1.0
REMEMBERED_MAX = 1000
STORE_ERROR_BYTES_MAX = 64 * 1024
OUR_OWN_FAULT = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket"})
"""What the store may say to us and must not be said to the caller: it would be about our keys and our bucket."""

_seen: dict[tuple[int, str], float] = {}


@dataclass
class Call:
    request: S3Request
    caller: Caller
    store: Store
    reply: Reply

    @cached_property
    def prefix(self) -> str:
        """Before the keys of this bucket, in the backing bucket."""
        return object_prefix(self.caller.account_id, self.request.bucket)

    @property
    def stored_key(self) -> str:
        return self.prefix + self.request.key

    async def require_bucket(self) -> None:
        """Raises NoSuchBucket where the caller has no such bucket, be it no one's or someone else's."""
        await require_bucket(self.caller.account_id, self.request.bucket)

    async def copy_source(self) -> str:
        """The stored key of `x-amz-copy-source`, which must lie in a bucket of the caller. Raises S3Error."""
        source = unquote(self.request.headers["x-amz-copy-source"], errors="surrogateescape").removeprefix("/")
        source, _, version = source.partition("?versionId=")
        bucket, _, key = source.partition("/")
        if version not in ("", "null"):
            raise S3Error("NoSuchVersion", "This store keeps no versions.")
        if not key:
            raise S3Error("InvalidArgument", "x-amz-copy-source must be bucket/key.")
        await require_bucket(self.caller.account_id, bucket)
        return object_prefix(self.caller.account_id, bucket) + checked_key(key)

    async def refusal_of(self, response: aiohttp.ClientResponse) -> S3Error:
        """The store's refusal in the caller's words: their bucket, their key, nothing of what lies behind."""
        body = await response.content.read(STORE_ERROR_BYTES_MAX)
        code, message = "", ""
        if body.lstrip().startswith(b"<"):
            error = parsed(body)
            code, message = error.findtext("Code", ""), error.findtext("Message", "")
        if code in OUR_OWN_FAULT or response.status in (401, 403):
            return S3Error("InternalError", "The store behind this address refused: tell the operator.")
        if not code:
            code = {404: "NoSuchKey", 412: "PreconditionFailed"}.get(response.status, "InternalError")
        details = {"Key": self.request.key} if self.request.key else {}
        return S3Error(code, message.replace(self.prefix, ""), status=response.status, **details)


async def require_bucket(account_id: int, name: str) -> None:
    try:
        check_bucket_name(name)
    except BadBucketName as refusal:  # of a copy's source: the database would choke on some letters
        raise no_such_bucket(name.encode("utf-8", "replace").decode()) from refusal
    now = time.monotonic()
    if now - _seen.get((account_id, name), -REMEMBERED_SECONDS) < REMEMBERED_SECONDS:
        return
    if not await database_sync_to_async(Bucket.objects.filter(account_id=account_id, name=name).exists)():
        raise no_such_bucket(name)
    if len(_seen) >= REMEMBERED_MAX:
        _seen.clear()
    _seen[account_id, name] = now


def forget_bucket(account_id: int, name: str) -> None:
    _seen.pop((account_id, name), None)
