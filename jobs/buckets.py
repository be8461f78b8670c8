"""An account's buckets: keys, presigned parts and pictures, listings. The only user of the account's S3 client."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import quote

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.module_loading import import_string
from urllib3.exceptions import HTTPError

from jobs import qarnot_access
from jobs.enums import Where

if TYPE_CHECKING:
    from accounts.models import Account

logger = logging.getLogger(__name__)

SIGNED_FOR_SECONDS = 3600
ORIGIN = "brought-from"
KEYS_REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch")
SHOWN_INLINE = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
"""Everything else leaves as an attachment: a browser never runs what a scene wrote."""


class StoreShut(Exception):
    """There is no way to the store just now: its farm does not say where it is, or does not accept the token."""


class QarnotShut(StoreShut):
    """The account's token for Qarnot is missing, unreadable or refused. The text says so to the artist."""


StoreError = (BotoCoreError, ClientError, Boto3Error, HTTPError, StoreShut)
"""What any call here raises when the store does not answer or refuses."""


class UploadGone(Exception):
    """The store no longer knows this multipart upload."""


class StoredObject(NamedTuple):
    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class AccountBucket:
    client: Any
    public_client: Any
    """Signs with the address a browser reaches."""
    bucket: str
    prefix: str
    lets_pages_in: bool = True
    """Whether pages may send parts to it (CORS)."""

    def at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.prefix + key}

    # --- multipart uploads from a browser ---------------------------------------------------

    def begin_upload(self, key: str) -> str:
        return cast(str, self.client.create_multipart_upload(**self.at(key))["UploadId"])

    def sign_part(self, key: str, upload_id: str, number: int, size_bytes: int) -> str:
        """A URL that takes exactly `size_bytes` for part `number`: the store refuses any other length."""
        part = {**self.at(key), "UploadId": upload_id, "PartNumber": number, "ContentLength": size_bytes}
        return cast(str, self.public_client.generate_presigned_url("upload_part", part, SIGNED_FOR_SECONDS))

    def parts(self, key: str, upload_id: str) -> dict[int, tuple[int, str]]:
        """Part number → (bytes, ETag) of what has arrived, however many pages it takes. Raises UploadGone."""
        pages = self.client.get_paginator("list_parts").paginate(**self.at(key), UploadId=upload_id)
        try:
            return {
                part["PartNumber"]: (part["Size"], part["ETag"]) for page in pages for part in page.get("Parts", [])
            }
        except ClientError as failure:
            if failure.response["Error"]["Code"] in ("NoSuchUpload", "404"):
                raise UploadGone(key) from failure
            raise

    def complete_upload(self, key: str, upload_id: str, etags: dict[int, str]) -> None:
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(etags.items())]
        self.client.complete_multipart_upload(**self.at(key), UploadId=upload_id, MultipartUpload={"Parts": parts})

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Frees the parts. An upload that is already gone is fine."""
        try:
            self.client.abort_multipart_upload(**self.at(key), UploadId=upload_id)
        except ClientError as failure:
            if failure.response["Error"]["Code"] not in ("NoSuchUpload", "404"):
                raise

    # --- objects --------------------------------------------------------------------------------

    def size_of(self, key: str) -> int | None:
        """Bytes; None for an object that isn't there."""
        try:
            return cast(int, self.client.head_object(**self.at(key))["ContentLength"])
        except ClientError as failure:
            if failure.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects whose key starts so, in key order; keys without the account's own prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
        for page in pages:
            for found in page.get("Contents", []):
                yield StoredObject(found["Key"].removeprefix(self.prefix), found["Size"], found["ETag"].strip('"'))

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(**self.at(key), Body=content)

    def put_stream(self, key: str, stream: Any, origin: str = "") -> None:
        """Stores what `stream.read` gives, in parts, never all of it in memory; read in this very thread.

        `origin` is kept beside it: of a copy, the ETag of what it was copied from.
        """
        in_turn = TransferConfig(use_threads=False, multipart_chunksize=16 * 1024 * 1024)
        kept = {"Metadata": {ORIGIN: origin}} if origin else {}
        self.client.upload_fileobj(stream, self.bucket, self.prefix + key, ExtraArgs=kept, Config=in_turn)

    def origin_of(self, key: str) -> str:
        """Of a copy (`put_stream`); empty of anything else."""
        return str(self.client.head_object(**self.at(key)).get("Metadata", {}).get(ORIGIN, ""))

    def open(self, key: str) -> Any:
        """The object's bytes as they come, by `read`."""
        return self.client.get_object(**self.at(key))["Body"]

    def read(self, key: str, first: int = 0, last: int | None = None) -> bytes:
        """Bytes `first … last`, both included; all of it without `last`."""
        ranged = {} if last is None and not first else {"Range": f"bytes={first}-{'' if last is None else last}"}
        return cast(bytes, self.client.get_object(**self.at(key), **ranged)["Body"].read())

    def pieces(self, key: str, size_bytes: int = 1024 * 1024) -> Iterator[bytes]:
        yield from self.client.get_object(**self.at(key))["Body"].iter_chunks(size_bytes)

    def download(self, key: str, to: Path) -> None:
        self.client.download_file(self.bucket, self.prefix + key, str(to))

    def delete(self, key: str) -> None:
        self.client.delete_object(**self.at(key))

    def delete_all(self) -> None:
        """Every object; doing it again after it was cut short goes on."""
        keys = [found.key for found in self.list()]
        for first in range(0, len(keys), 1000):
            objects = [{"Key": self.prefix + key} for key in keys[first : first + 1000]]
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})

    def signed_picture(self, key: str, name: str, *, as_attachment: bool) -> str:
        """A URL that hands the object out under `name` for an hour."""
        kind = SHOWN_INLINE.get(Path(key).suffix.lower())
        disposition = "attachment" if as_attachment or kind is None else "inline"
        asked = {
            **self.at(key),
            "ResponseContentType": kind or "application/octet-stream",
            "ResponseContentDisposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
        }
        return cast(str, self.public_client.generate_presigned_url("get_object", asked, SIGNED_FOR_SECONDS))


def bucket_of(account: "Account", name: str, where: Where = Where.STUDIO) -> AccountBucket:
    """Made at first use: straight in the store where the seam says so, else by that farm's own door.

    Raises StoreError.
    """
    if where == Where.QARNOT:
        return _at_qarnot(account, name)
    if settings.ACCOUNT_STORAGE:
        locate = cast(Callable[..., Any], import_string(settings.ACCOUNT_STORAGE))
        place = locate(account, name)
        return AccountBucket(place.client, place.public_client, place.bucket, place.prefix)
    return _by_the_farms_door(account, name)


def _at_qarnot(account: "Account", name: str) -> AccountBucket:
    try:
        access = qarnot_access.token_of(account)
    except qarnot_access.NoToken as missing:
        raise QarnotShut(qarnot_access.why_shut(account)) from missing
    try:
        return _behind_door(access.storage_url, access.email, access.token, name)
    except ClientError as failure:
        if failure.response["Error"]["Code"] not in KEYS_REFUSED:
            raise
        qarnot_access.note_refused(account)
        raise QarnotShut(qarnot_access.why_shut(account)) from failure


def _by_the_farms_door(account: "Account", name: str) -> AccountBucket:
    """For a studio whose farm is elsewhere: its S3 endpoint, the account's e-mail and token as keys."""
    from jobs import farms  # only where the farm is asked for its store

    try:
        farm = farms.of(account)
    except (farms.FarmDown, farms.FarmRefused) as shut:
        raise StoreShut(str(shut)) from shut
    return _behind_door(farm.storage_url, farm.email, farm.token, name)


def _behind_door(endpoint_url: str, email: str, token: str, bucket: str) -> AccountBucket:
    client = _client_of_door(endpoint_url, email, token)
    return AccountBucket(client, client, bucket, "", _made(endpoint_url, email, token, bucket))


@lru_cache(maxsize=200)
def _client_of_door(endpoint_url: str, email: str, token: str) -> Any:
    """Safe in threads."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=email,
        aws_secret_access_key=token,
        region_name=settings.S3_REGION,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 2},  # pages wait for it too
        ),
    )
    client.meta.events.register("after-call.s3", _forget_what_was_made)
    return client


def _forget_what_was_made(parsed: dict[str, Any], **_: Any) -> None:
    """A bucket that its owner deleted at the store is made at its next use; so is every other, which costs each a
    question once."""
    if parsed.get("Error", {}).get("Code") == "NoSuchBucket":
        _made.cache_clear()


@lru_cache(maxsize=2000)
def _made(endpoint_url: str, email: str, token: str, bucket: str) -> bool:
    """Once a process, and again when one is gone. Whether the store lets pages in: without that, files go there by
    way of this server."""
    client = _client_of_door(endpoint_url, email, token)
    try:
        client.create_bucket(Bucket=bucket)
    except ClientError as failure:
        if failure.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    return _let_pages_in(client, bucket)


def _let_pages_in(client: Any, bucket: str) -> bool:
    """Beside the rules the bucket has: it may be used by others too."""
    ours = {
        "AllowedOrigins": settings.PAGE_ORIGINS,
        "AllowedMethods": ["GET", "PUT", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    try:
        rules = _cors_rules(client, bucket)
        if not any(_says(rule, ours) for rule in rules):
            client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [*rules, ours]})
    except ClientError as failure:
        if failure.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:  # it may tomorrow
            raise
        code = failure.response["Error"]["Code"]
        logger.warning("the store keeps no rule for pages in bucket %s: %s", bucket, code)
        return False
    return True


def _says(rule: dict[str, Any], ours: dict[str, Any]) -> bool:
    """In any order, and beside what a store adds of its own."""
    return all(sorted(rule.get(name, [])) == sorted(ours[name]) for name in ours if name != "MaxAgeSeconds")


def _cors_rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        return list(client.get_bucket_cors(Bucket=bucket)["CORSRules"])
    except ClientError as failure:
        if failure.response["Error"]["Code"] == "NoSuchCORSConfiguration":
            return []
        raise
