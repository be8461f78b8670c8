"""The one real S3 store behind the accounts' buckets: its clients, and an account's objects for the farm.

The only user of boto3 in `farm`. An account's bucket is a row (farm.models.Bucket) and a
prefix of the backing bucket; the store keeps the bytes.
"""

import logging
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings

from farm.models import Bucket
from farm.storage.names import check_beginning, check_bucket_name, check_key, object_prefix

if TYPE_CHECKING:
    from accounts.models import Account

__all__ = [
    "BucketNotEmpty",
    "DirectLocation",
    "StoredObject",
    "client",
    "create_bucket",
    "delete_bucket",
    "delete_object",
    "direct_location",
    "download",
    "ensure_backing_bucket",
    "list_objects",
    "object_prefix",
    "public_client",
    "upload",
]


log = logging.getLogger(__name__)


class BucketNotEmpty(Exception):
    """A bucket that holds objects can't be deleted."""


class StoredObject(NamedTuple):
    key: str
    etag: str
    """Without quotes; the MD5 of the bytes for an object sent in one piece."""
    size: int
    """Bytes."""


@dataclass(frozen=True)
class DirectLocation:
    """Where an account's bucket really lies: `prefix` + key in `bucket`."""

    client: Any
    public_client: Any
    """Signs URLs with the address a browser reaches."""
    bucket: str
    prefix: str


@cache
def _client_of(endpoint_url: str, access_key: str, secret_key: str, region: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 4},
            max_pool_connections=32,
        ),
    )


def _client_at(endpoint_url: str) -> Any:
    return _client_of(endpoint_url, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY, settings.S3_REGION)


def client() -> Any:
    """boto3's client of the store, by its internal address. Made once; safe in threads."""
    return _client_at(settings.S3_ENDPOINT_URL)


def public_client() -> Any:
    """The same by the address a browser reaches: only for presigning."""
    return _client_at(settings.S3_PUBLIC_URL)


def create_bucket(account: "Account", name: str) -> Bucket:
    """The account's bucket of that name, made if it isn't there. Raises BadBucketName."""
    bucket, _ = Bucket.objects.get_or_create(account=account, name=check_bucket_name(name))
    return bucket


def delete_bucket(account_id: int, name: str) -> None:
    """Forgets an empty bucket, with its unfinished uploads. Raises Bucket.DoesNotExist or BucketNotEmpty."""
    bucket = Bucket.objects.get(account_id=account_id, name=name)
    if next(list_objects(account_id, name), None) is not None:
        raise BucketNotEmpty(name)
    _abort_uploads(object_prefix(account_id, name))
    bucket.delete()


def _abort_uploads(prefix: str) -> None:
    pages = client().get_paginator("list_multipart_uploads").paginate(Bucket=settings.S3_BUCKET, Prefix=prefix)
    for page in pages:
        for upload in page.get("Uploads", []):
            if upload["Key"].startswith(prefix):
                client().abort_multipart_upload(
                    Bucket=settings.S3_BUCKET, Key=upload["Key"], UploadId=upload["UploadId"]
                )


def direct_location(account: "Account", bucket_name: str) -> DirectLocation:
    """Where the bytes of an account's bucket go without passing the S3 door (seam ACCOUNT_STORAGE).

    Makes the bucket if it isn't there. A key put behind the prefix must have passed `check_key`'s rules.
    """
    bucket = create_bucket(account, bucket_name)
    return DirectLocation(
        client=client(),
        public_client=public_client(),
        bucket=settings.S3_BUCKET,
        prefix=object_prefix(account.pk, bucket.name),
    )


def list_objects(account_id: int, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
    """The bucket's objects whose keys start with `prefix`, in key order. None for a bucket that isn't there.

    Raises BadKey for what no key begins with.
    """
    base = object_prefix(account_id, bucket)
    beginning = base + check_beginning(prefix)
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings.S3_BUCKET, Prefix=beginning)
    for page in pages:
        for found in page.get("Contents", []):
            if found["Key"].startswith(base):
                yield StoredObject(found["Key"].removeprefix(base), found["ETag"].strip('"'), found["Size"])


def download(
    account_id: int, bucket: str, key: str, to_path: Path, *, on_bytes: Callable[[int], None] | None = None
) -> None:
    """Writes the object to a file, in parallel ranges. botocore's ClientError if it isn't there."""
    client().download_file(
        settings.S3_BUCKET, object_prefix(account_id, bucket) + check_key(key), str(to_path), Callback=on_bytes
    )


def upload(
    account_id: int, bucket: str, key: str, path: Path, *, on_bytes: Callable[[int], None] | None = None
) -> None:
    """Stores a file, in parallel parts where it is large. Raises BadKey, or boto3's S3UploadFailedError.

    `on_bytes` is told, from any thread, how many bytes more have gone out.
    """
    kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
    client().upload_file(
        str(path),
        settings.S3_BUCKET,
        object_prefix(account_id, bucket) + check_key(key),
        ExtraArgs={"ContentType": kind},
        Callback=on_bytes,
    )


def delete_object(account_id: int, bucket: str, key: str) -> None:
    """Does nothing where it isn't there."""
    client().delete_object(Bucket=settings.S3_BUCKET, Key=object_prefix(account_id, bucket) + check_key(key))


def ensure_backing_bucket() -> None:
    """Makes the backing bucket, and lets the pages' origins send parts and fetch pictures (CORS)."""
    try:
        client().head_bucket(Bucket=settings.S3_BUCKET)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        client().create_bucket(Bucket=settings.S3_BUCKET)
    _let_pages_in()


def _let_pages_in() -> None:
    rule = {
        "AllowedOrigins": settings.PAGE_ORIGINS,
        "AllowedMethods": ["GET", "PUT", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    try:
        client().put_bucket_cors(Bucket=settings.S3_BUCKET, CORSConfiguration={"CORSRules": [rule]})
    except ClientError as error:  # some stores answer every origin, or have it set from outside
        log.warning(
            "%s keeps no CORS rule (%s). Uploads from the browser need %s allowed there for GET, PUT and HEAD.",
            settings.S3_ENDPOINT_URL,
            error.response["Error"]["Code"],
            " and ".join(settings.PAGE_ORIGINS),
        )
