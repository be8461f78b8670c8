"""Single objects: sent, fetched, copied, deleted."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

import aiohttp

from farm.storage.bodies.payload import payload_of, small_body
from farm.storage.call import Call
from farm.storage.errors import S3Error
from farm.storage.operations.headers import CONDITIONS, COPYING, answered, describing, only, quoted_etag
from farm.storage.request import ClientGone, checked_key
from farm.storage.store import PIECE_BYTES
from farm.storage.xml import Node, document, parsed

DELETE_KEYS_MAX = 1000
DELETE_BYTES_MAX = 2 * 1024 * 1024
OVERRIDES = (
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
)


async def put_object(call: Call) -> None:
    await call.require_bucket()
    headers = describing(call.request) | only(call.request, ("if-match", "if-none-match"))
    payload = payload_of(call.request, call.caller)
    if call.request.key.endswith("/") and payload.length:
        raise S3Error("InvalidArgument", "A key that ends with “/” marks a folder and holds no bytes.")
    async with call.store.request("PUT", call.stored_key, headers=headers, body=payload) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        await call.reply.empty(headers={"etag": quoted_etag(response.headers.get("etag", ""))})


async def get_object(call: Call) -> None:
    await call.require_bucket()
    query = {name: call.request.query[name] for name in OVERRIDES if name in call.request.query}
    headers = only(call.request, (*CONDITIONS, "range"))
    await _finish_reading(call)
    async with call.store.request("GET", call.stored_key, query=query, headers=headers) as response:
        if response.status >= 400:
            raise await call.refusal_of(response)
        if response.status == 304:
            return await call.reply.empty(304, answered(response.headers))
        await call.reply.stream(response.status, answered(response.headers), _while_wanted(call, response))
    return None


async def head_object(call: Call) -> None:
    await call.require_bucket()
    headers = only(call.request, (*CONDITIONS, "range"))
    async with call.store.request("HEAD", call.stored_key, headers=headers) as response:
        if response.status >= 400:
            raise await call.refusal_of(response)
        await call.reply.empty(response.status, answered(response.headers))


async def copy_object(call: Call) -> None:
    await call.require_bucket()
    source = await call.copy_source()
    headers = describing(call.request) | only(call.request, COPYING)
    async with call.store.request("PUT", call.stored_key, headers=headers | copying_from(call, source)) as response:
        answer = await copied(call, response)
    await call.reply.xml("CopyObjectResult", answer)


async def delete_object(call: Call) -> None:
    """204 whether it was there or not, as S3 says."""
    await call.require_bucket()
    async with call.store.request("DELETE", call.stored_key) as response:
        if response.status >= 300 and response.status != 404:
            raise await call.refusal_of(response)
    await call.reply.empty(204)


async def delete_objects(call: Call) -> None:
    await call.require_bucket()
    order = parsed(await small_body(call.request, call.caller, DELETE_BYTES_MAX))
    keys = [checked_key(entry.findtext("Key", "")) for entry in order.iter("Object")]
    if not 0 < len(keys) <= DELETE_KEYS_MAX:
        raise S3Error("MalformedXML", f"DeleteObjects takes 1 to {DELETE_KEYS_MAX} keys.")
    body = document("Delete", [("Object", [("Key", call.prefix + key)]) for key in keys])
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    headers = {"content-md5": md5, "content-type": "application/xml"}
    async with call.store.request("POST", query={"delete": ""}, headers=headers, body=body) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        result = parsed(await response.read())
    is_quiet = order.findtext("Quiet", "").lower() == "true"
    await call.reply.xml("DeleteResult", _deleted(call, result, is_quiet))


def copying_from(call: Call, stored_key: str) -> dict[str, str]:
    return {"x-amz-copy-source": call.store.copy_source(stored_key)}


async def copied(call: Call, response: aiohttp.ClientResponse) -> list[Node]:
    """What a copy answers. A copy may fail after its 200: then the body is an Error. Raises S3Error."""
    if response.status != 200:
        raise await call.refusal_of(response)
    result = parsed(await response.read())
    if result.tag == "Error":
        raise S3Error(result.findtext("Code", "InternalError"), "The copy failed in the store: try again.", status=500)
    etag = quoted_etag(result.findtext("ETag", ""))
    return [("LastModified", result.findtext("LastModified", "")), ("ETag", etag)]


def _deleted(call: Call, result: Element, is_quiet: bool) -> list[Node]:
    answer: list[Node] = []
    for entry in result:
        key = ("Key", entry.findtext("Key", "").removeprefix(call.prefix))
        if entry.tag == "Deleted" and not is_quiet:
            answer.append(("Deleted", [key]))
        elif entry.tag == "Error":
            message = entry.findtext("Message", "").replace(call.prefix, "")
            answer.append(("Error", [key, ("Code", entry.findtext("Code", "")), ("Message", message)]))
    return answer


async def _finish_reading(call: Call) -> None:
    """A GET has no body, but only after reading none of it can a cut connection be noticed."""
    async for _ in call.request.chunks():
        pass


async def _while_wanted(call: Call, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The object's bytes, until the client cuts the connection: 5 GB aren't fetched for no one."""
    gone = asyncio.ensure_future(call.request.gone())
    try:
        async for chunk in response.content.iter_chunked(PIECE_BYTES):
            if gone.done():
                raise ClientGone
            yield chunk
    finally:
        gone.cancel()
