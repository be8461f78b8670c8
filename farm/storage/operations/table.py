"""Which operation a request means, by what it names, its method and its subresources."""

from collections.abc import Awaitable, Callable

from farm.storage.call import Call
from farm.storage.errors import S3Error, not_implemented
from farm.storage.operations import buckets, cors, listing, multipart, objects
from farm.storage.request import S3Request

Operation = Callable[[Call], Awaitable[None]]

_WORDS = """
    accelerate acl analytics append attributes cors delete encryption intelligent-tiering inventory legal-hold
    lifecycle list-type location logging metadataTable metrics notification object-lock ownershipControls
    partNumber policy policyStatus publicAccessBlock rename replication requestPayment restore retention select
    select-type session tagging torrent uploadId uploads versioning versions website
"""
SUBRESOURCES = frozenset(_WORDS.split())
"""Any of these makes a request another one: a PUT of `?acl` must never be taken for an upload."""

_ACCOUNT: dict[tuple[str, str], Operation] = {("GET", ""): buckets.list_buckets}
_BUCKET: dict[tuple[str, str], Operation] = {
    ("GET", ""): listing.list_objects_v1,
    ("GET", "list-type"): listing.list_objects_v2,
    ("GET", "cors"): cors.get_cors,
    ("PUT", "cors"): cors.put_cors,
    ("DELETE", "cors"): cors.delete_cors,
    ("GET", "location"): buckets.bucket_location,
    ("GET", "uploads"): multipart.list_uploads,
    ("GET", "versioning"): buckets.bucket_versioning,
    ("GET", "versions"): listing.list_object_versions,
    ("HEAD", ""): buckets.head_bucket,
    ("PUT", ""): buckets.create_bucket,
    ("DELETE", ""): buckets.delete_bucket,
    ("POST", "delete"): objects.delete_objects,
}
_OBJECT: dict[tuple[str, str], Operation] = {
    ("GET", ""): objects.get_object,
    ("GET", "uploadId"): multipart.list_parts,
    ("HEAD", ""): objects.head_object,
    ("PUT", ""): objects.put_object,
    ("PUT", "partNumber uploadId"): multipart.upload_part,
    ("POST", "uploads"): multipart.create_upload,
    ("POST", "uploadId"): multipart.complete_upload,
    ("DELETE", ""): objects.delete_object,
    ("DELETE", "uploadId"): multipart.abort_upload,
}
_COPIES: dict[Operation, Operation] = {
    objects.put_object: objects.copy_object,
    multipart.upload_part: multipart.upload_part_copy,
}


def operation_of(request: S3Request) -> Operation:
    """Raises S3Error for what this store doesn't do."""
    if request.query.get("versionId", "null") not in ("", "null"):
        raise S3Error("NoSuchVersion", "This store keeps no versions.")
    table = _OBJECT if request.key else _BUCKET if request.bucket else _ACCOUNT
    subresource = " ".join(sorted(SUBRESOURCES & request.query.keys()))
    operation = table.get((request.method, subresource))
    if operation is None:
        if subresource:
            raise not_implemented(f"{request.method} of {subresource}")
        raise S3Error("MethodNotAllowed", f"{request.method} means nothing here.")
    return _COPIES.get(operation, operation) if "x-amz-copy-source" in request.headers else operation
