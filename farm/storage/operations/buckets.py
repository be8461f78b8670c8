"""Buckets of an account: listed, made, looked up, deleted."""

from channels.db import database_sync_to_async

from farm.models import Bucket
from farm.storage import backing
from farm.storage.bodies.payload import small_body
from farm.storage.call import Call, forget_bucket
from farm.storage.errors import S3Error, no_such_bucket
from farm.storage.xml import Node

CREATE_BYTES_MAX = 16 * 1024


async def list_buckets(call: Call) -> None:
    found = await database_sync_to_async(_names_and_times)(call.caller.account_id)
    buckets: list[Node] = [("Bucket", [("Name", name), ("CreationDate", created_at)]) for name, created_at in found]
    await call.reply.xml("ListAllMyBucketsResult", [owner(call), ("Buckets", buckets)])


async def create_bucket(call: Call) -> None:
    """200 for a bucket that is there already: a script may be run twice."""
    await small_body(call.request, call.caller, CREATE_BYTES_MAX)  # a region, which changes nothing here
    name = call.request.bucket
    await database_sync_to_async(Bucket.objects.get_or_create)(account_id=call.caller.account_id, name=name)
    await call.reply.empty(headers={"location": f"/{name}"})


async def head_bucket(call: Call) -> None:
    await call.require_bucket()
    await call.reply.empty()


async def delete_bucket(call: Call) -> None:
    name = call.request.bucket
    try:
        delete = database_sync_to_async(backing.delete_bucket, thread_sensitive=False)
        await delete(call.caller.account_id, name)
    except Bucket.DoesNotExist as error:
        raise no_such_bucket(name) from error
    except backing.BucketNotEmpty as error:
        raise S3Error("BucketNotEmpty", "The bucket is not empty: delete its files first.", BucketName=name) from error
    forget_bucket(call.caller.account_id, name)
    await call.reply.empty(204)


async def bucket_location(call: Call) -> None:
    await call.require_bucket()
    await call.reply.xml("LocationConstraint")


async def bucket_versioning(call: Call) -> None:
    """Never switched on."""
    await call.require_bucket()
    await call.reply.xml("VersioningConfiguration")


def owner(call: Call) -> Node:
    return "Owner", [("ID", call.caller.email), ("DisplayName", call.caller.email)]


def _names_and_times(account_id: int) -> list[tuple[str, str]]:
    buckets = Bucket.objects.filter(account_id=account_id).order_by("name")
    return [(bucket.name, f"{bucket.created_at:%Y-%m-%dT%H:%M:%S.000Z}") for bucket in buckets]
