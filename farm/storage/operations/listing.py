"""The objects of a bucket in key order, in the three forms S3 lists them, with the account's prefix taken off."""

import base64
from collections.abc import Callable
from urllib.parse import quote, unquote_plus
from xml.etree.ElementTree import Element

from farm.storage.call import Call
from farm.storage.errors import S3Error
from farm.storage.names import BadKey, check_beginning
from farm.storage.operations.buckets import owner
from farm.storage.operations.headers import quoted_etag
from farm.storage.request import S3Request
from farm.storage.xml import Node, parsed

KEYS_MAX = 1000


async def list_objects_v1(call: Call) -> None:
    await call.require_bucket()
    query = call.request.query
    marker = searched(query.get("marker", ""))
    result = await _listed(call, {"marker": call.prefix + marker} if marker else {})
    listing = _Listing(call, result)
    answer = [("Marker", listing.shown(marker)), *listing.head()]
    if listing.is_truncated:
        answer.append(("NextMarker", listing.shown(listing.last_name())))
    await call.reply.xml("ListBucketResult", [*answer, *listing.contents(owner(call)), *listing.common_prefixes()])


async def list_objects_v2(call: Call) -> None:
    await call.require_bucket()
    query = call.request.query
    token, start_after = query.get("continuation-token", ""), searched(query.get("start-after", ""))
    where = {"list-type": "2"}
    if token:
        where["continuation-token"] = _opened(token)
    elif start_after:
        where["start-after"] = call.prefix + start_after
    result = await _listed(call, where)
    listing = _Listing(call, result)
    contents = listing.contents(owner(call) if query.get("fetch-owner") == "true" else None)
    common_prefixes = listing.common_prefixes()
    answer = [*listing.head(), ("KeyCount", str(len(contents) + len(common_prefixes)))]
    answer += [("ContinuationToken", token)] if token else []
    answer += [("StartAfter", listing.shown(start_after))] if start_after else []
    if listing.is_truncated:
        answer.append(("NextContinuationToken", _closed(result.findtext("NextContinuationToken", ""))))
    await call.reply.xml("ListBucketResult", [*answer, *contents, *common_prefixes])


async def list_object_versions(call: Call) -> None:
    """Every object as its only version: `bucket.delete()` of the SDK empties a bucket by this list."""
    await call.require_bucket()
    marker = searched(call.request.query.get("key-marker", ""))
    listing = _Listing(call, await _listed(call, {"marker": call.prefix + marker} if marker else {}))
    answer = [("KeyMarker", listing.shown(marker)), ("VersionIdMarker", ""), *listing.head()]
    if listing.is_truncated:
        answer += [("NextKeyMarker", listing.shown(listing.last_name())), ("NextVersionIdMarker", "null")]
    only_version: list[Node] = [("VersionId", "null"), ("IsLatest", "true"), owner(call)]
    versions: list[Node] = [("Version", [*content[1], *only_version]) for content in listing.contents(None)]
    await call.reply.xml("ListVersionsResult", [*answer, *versions, *listing.common_prefixes()])


async def _listed(call: Call, where: dict[str, str]) -> Element:
    query = call.request.query
    asked = {
        "prefix": call.prefix + searched(query.get("prefix", "")),
        "max-keys": str(keys_max(call.request, "max-keys")),
        "encoding-type": "url",
        **where,
    }
    if query.get("delimiter"):
        asked["delimiter"] = query["delimiter"]
    async with call.store.request("GET", query=asked) as response:
        if response.status != 200:
            raise await call.refusal_of(response)
        return parsed(await response.read())


class _Listing:
    """The store's page of a listing, told in the caller's keys."""

    def __init__(self, call: Call, result: Element) -> None:
        self._call, self._result = call, result
        self.shown = shown_as(call.request)
        self.is_truncated = result.findtext("IsTruncated", "") == "true"

    def head(self) -> list[Node]:
        query = self._call.request.query
        answer: list[Node] = [
            ("Name", self._call.request.bucket),
            ("Prefix", self.shown(query.get("prefix", ""))),
            ("MaxKeys", str(keys_max(self._call.request, "max-keys"))),
            ("IsTruncated", "true" if self.is_truncated else "false"),
        ]
        answer += [("Delimiter", self.shown(query["delimiter"]))] if query.get("delimiter") else []
        answer += [("EncodingType", "url")] if query.get("encoding-type") == "url" else []
        return answer

    def contents(self, named_owner: Node | None) -> list[tuple[str, list[Node]]]:
        return [
            (
                "Contents",
                [
                    ("Key", self.shown(key)),
                    ("LastModified", entry.findtext("LastModified", "")),
                    ("ETag", quoted_etag(entry.findtext("ETag", ""))),
                    ("Size", entry.findtext("Size", "0")),
                    *([named_owner] if named_owner else []),
                    ("StorageClass", "STANDARD"),
                ],
            )
            for entry, key in self._mine(self._result.findall("Contents"), "Key")
        ]

    def common_prefixes(self) -> list[Node]:
        found = self._mine(self._result.findall("CommonPrefixes"), "Prefix")
        return [("CommonPrefixes", [("Prefix", self.shown(prefix))]) for _, prefix in found]

    def last_name(self) -> str:
        """Where the next page begins: the last key or common prefix of this one."""
        keys = [key for _, key in self._mine(self._result.findall("Contents"), "Key")]
        prefixes = [prefix for _, prefix in self._mine(self._result.findall("CommonPrefixes"), "Prefix")]
        return max([*keys, *prefixes], key=str.encode, default="")

    def _mine(self, entries: list[Element], tag: str) -> list[tuple[Element, str]]:
        named = [(entry, unquote_plus(entry.findtext(tag, ""))) for entry in entries]
        prefix = self._call.prefix
        asked = prefix + self._call.request.query.get("prefix", "")  # a store that folds `//` may find more
        return [(entry, name.removeprefix(prefix)) for entry, name in named if name.startswith(asked)]


def shown_as(request: S3Request) -> Callable[[str], str]:
    """Names as the caller asked to see them: plain, or encoded for XML that can't hold every letter."""
    is_encoded = request.query.get("encoding-type") == "url"
    return (lambda name: quote(name, safe="/-_.~")) if is_encoded else (lambda name: name)


def searched(text: str) -> str:
    """A prefix or marker as it came. Raises S3Error where no key can begin so."""
    try:
        return check_beginning(text)
    except BadKey as refusal:
        raise S3Error("InvalidArgument", str(refusal)) from refusal


def keys_max(request: S3Request, name: str) -> int:
    text = request.query.get(name) or str(KEYS_MAX)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise S3Error("InvalidArgument", f"{name} must be a number from 0 to {KEYS_MAX}.")
    return min(int(text), KEYS_MAX)


def _closed(token: str) -> str:
    return base64.urlsafe_b64encode(token.encode()).decode()


def _opened(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise S3Error("InvalidArgument", "The continuation token is not one of this listing.") from error
