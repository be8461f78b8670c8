"""Uploads in parts. An upload id belongs to its key in the store, and so to its account."""

import re
from xml.etree.ElementTree import Element

from farm.storage.bodies.payload import payload_of, small_body
from farm.storage.call import Call
from farm.storage.errors import S3Error
from farm.storage.operations.buckets import owner
from farm.storage.operations.headers import COPYING, describing, only, quoted_etag
from farm.storage.operations.listing import keys_max, searched, shown_as
from farm.storage.operations.objects import copied, copying_from
from farm.storage.xml import Node, document, parsed

PARTS_MAX = 10_000
COMPLETE_BYTES_MAX = 4 * 1024 * 1024
_UPLOAD_ID = re.compile(r"[A-Za-z0-9._~=+-]{1,1024}")


async def create_upload(call: Call) -> None:
    await call.require_bucket()
    if call.request.key.endswith("/"):
        raise S3Error("InvalidArgument", "A key that ends with “/” marks a folder and holds no bytes.")
    headers = describing(call.request)
    async with call.store.request("POST", call.stored_key, query={"uploads": ""}, headers=headers) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        upload_id = parsed(await response.read()).findtext("UploadId", "")
    await call.reply.xml("InitiateMultipartUploadResult", [*_named(call), ("UploadId", upload_id)])


async def upload_part(call: Call) -> None:
    await call.require_bucket()
    payload = payload_of(call.request, call.caller)
    async with call.store.request("PUT", call.stored_key, query=_part(call), body=payload) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        await call.reply.empty(headers={"etag": quoted_etag(response.headers.get("etag", ""))})


async def upload_part_copy(call: Call) -> None:
    await call.require_bucket()
    headers = only(call.request, COPYING) | copying_from(call, await call.copy_source())
    async with call.store.request("PUT", call.stored_key, query=_part(call), headers=headers) as response:
        answer = await copied(call, response)
    await call.reply.xml("CopyPartResult", answer)


async def complete_upload(call: Call) -> None:
    await call.require_bucket()
    body = await _parts_to_join(call)
    headers = {"content-type": "application/xml"} | only(call.request, ("if-match", "if-none-match"))
    query = {"uploadId": _upload_id(call)}
    async with call.store.request("POST", call.stored_key, query=query, headers=headers, body=body) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        result = parsed(await response.read())
    if result.tag == "Error":  # S3 may fail after its 200
        raise S3Error(result.findtext("Code", "InternalError"), "The store could not join the parts.", status=500)
    location = f"/{call.request.bucket}/{call.request.key}"
    answer = [("Location", location), *_named(call), ("ETag", quoted_etag(result.findtext("ETag", "")))]
    await call.reply.xml("CompleteMultipartUploadResult", answer)


async def abort_upload(call: Call) -> None:
    await call.require_bucket()
    query = {"uploadId": _upload_id(call)}
    async with call.store.request("DELETE", call.stored_key, query=query) as response:
        if response.status >= 300:
            raise await call.refusal_of(response)
    await call.reply.empty(204)


async def list_parts(call: Call) -> None:
    await call.require_bucket()
    query = {"uploadId": _upload_id(call), "max-parts": str(keys_max(call.request, "max-parts"))}
    query |= {name: call.request.query[name] for name in ("part-number-marker",) if name in call.request.query}
    async with call.store.request("GET", call.stored_key, query=query) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        result = parsed(await response.read())
    facts = ("PartNumberMarker", "NextPartNumberMarker", "MaxParts", "IsTruncated")
    answer = [*_named(call), ("UploadId", query["uploadId"]), owner(call), ("StorageClass", "STANDARD")]
    answer += [(name, result.findtext(name, "")) for name in facts if result.findtext(name)]
    for part in result.findall("Part"):
        number, modified_at = part.findtext("PartNumber", ""), part.findtext("LastModified", "")
        etag, size = quoted_etag(part.findtext("ETag", "")), part.findtext("Size", "0")
        fields: list[Node] = [("PartNumber", number), ("LastModified", modified_at), ("ETag", etag), ("Size", size)]
        answer.append(("Part", fields))
    await call.reply.xml("ListPartsResult", answer)


async def list_uploads(call: Call) -> None:
    await call.require_bucket()
    query = call.request.query
    asked = {
        "uploads": "",
        "prefix": call.prefix + searched(query.get("prefix", "")),
        "max-uploads": str(keys_max(call.request, "max-uploads")),
    }
    if query.get("key-marker"):
        asked["key-marker"] = call.prefix + searched(query["key-marker"])
        asked["upload-id-marker"] = query.get("upload-id-marker", "")
    async with call.store.request("GET", query=asked) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        result = parsed(await response.read())
    shown = shown_as(call.request)
    answer: list[Node] = [
        ("Bucket", call.request.bucket),
        ("Prefix", shown(query.get("prefix", ""))),
        ("MaxUploads", asked["max-uploads"]),
        ("IsTruncated", result.findtext("IsTruncated", "false")),
        ("NextKeyMarker", shown(result.findtext("NextKeyMarker", "").removeprefix(call.prefix))),
        ("NextUploadIdMarker", result.findtext("NextUploadIdMarker", "")),
    ]
    await call.reply.xml("ListMultipartUploadsResult", [*answer, *_uploads(call, result)])


def _uploads(call: Call, result: Element) -> list[Node]:
    shown = shown_as(call.request)
    return [
        (
            "Upload",
            [
                ("Key", shown(upload.findtext("Key", "").removeprefix(call.prefix))),
                ("UploadId", upload.findtext("UploadId", "")),
                owner(call),
                ("Initiated", upload.findtext("Initiated", "")),
            ],
        )
        for upload in result.findall("Upload")
        if upload.findtext("Key", "").startswith(call.prefix)
    ]


async def _parts_to_join(call: Call) -> bytes:
    """Numbers and ETags only: checksums of parts were checked when they came, one in the head is the whole file's."""
    sent = await small_body(call.request, call.caller, COMPLETE_BYTES_MAX, checksums_are_of_body=False)
    parts: list[Node] = [
        ("Part", [("PartNumber", part.findtext("PartNumber", "")), ("ETag", quoted_etag(part.findtext("ETag", "")))])
        for part in parsed(sent).iter("Part")
    ]
    if not 0 < len(parts) <= PARTS_MAX:
        raise S3Error("MalformedXML", f"An upload has 1 to {PARTS_MAX} parts.")
    return document("CompleteMultipartUpload", parts)


def _named(call: Call) -> list[Node]:
    return [("Bucket", call.request.bucket), ("Key", call.request.key)]


def _part(call: Call) -> dict[str, str]:
    number = call.request.query["partNumber"]
    if not (number.isascii() and number.isdigit() and len(number) <= 5 and 1 <= int(number) <= PARTS_MAX):
        raise S3Error("InvalidArgument", f"Part numbers go from 1 to {PARTS_MAX}.")
    return {"partNumber": number, "uploadId": _upload_id(call)}


def _upload_id(call: Call) -> str:
    upload_id = call.request.query["uploadId"]
    if not _UPLOAD_ID.fullmatch(upload_id):
        raise S3Error("NoSuchUpload", "This upload was completed, aborted or never begun.", status=404)
    return upload_id
