"""A bucket's CORS rules: set, told, taken away; and the question a browser asks before a page may send here."""

from collections.abc import Callable
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from channels.db import database_sync_to_async

from farm.models import Bucket
from farm.storage import cors
from farm.storage.bodies.payload import small_body
from farm.storage.call import Call
from farm.storage.cors import Rule
from farm.storage.errors import S3Error, no_such_bucket
from farm.storage.reply import Reply
from farm.storage.request import S3Request, whole_number
from farm.storage.signatures.caller import access_key_of
from farm.storage.xml import Node, parsed

CORS_BYTES_MAX = 64 * 1024
RULES_MAX = 100
T = TypeVar("T")
METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})


async def put_cors(call: Call) -> None:
    body = await small_body(call.request, call.caller, CORS_BYTES_MAX)
    rules = [_rule_of(element) for element in parsed(body).iter("CORSRule")]
    if not 0 < len(rules) <= RULES_MAX:
        raise S3Error("MalformedXML", f"A bucket has 1 to {RULES_MAX} CORS rules.")
    await _on_bucket(call, lambda bucket: cors.keep(bucket, rules))
    await call.reply.empty()


async def get_cors(call: Call) -> None:
    rules = await _on_bucket(call, cors.rules_of)
    if not rules:
        raise S3Error("NoSuchCORSConfiguration", "This bucket has no CORS rules.", BucketName=call.request.bucket)
    await call.reply.xml("CORSConfiguration", [("CORSRule", _nodes_of(rule)) for rule in rules])


async def delete_cors(call: Call) -> None:
    await _on_bucket(call, lambda bucket: cors.keep(bucket, []))
    await call.reply.empty(204)


async def preflight(request: S3Request, reply: Reply) -> None:
    """Answers OPTIONS, which no browser signs: whose bucket it is, is read from the address that was signed."""
    origin = request.headers.get("origin", "")
    method = request.headers.get("access-control-request-method", "")
    asked = [name.strip() for name in request.headers.get("access-control-request-headers", "").split(",")]
    headers = [name for name in asked if name]
    rules = await _rules(request.bucket, email__iexact=access_key_of(request))
    rule = cors.first_fitting(rules, origin, method, headers)
    if not origin or rule is None:
        raise S3Error("AccessDenied", "No CORS rule of this bucket lets this page do that.")
    await reply.empty(headers=rule.preflight(origin, headers))


async def let_in(call: Call) -> None:
    """Where a page of an origin asks: whether it may see the answer, be it a refusal."""
    origin = call.request.headers.get("origin", "")
    if origin and call.request.bucket:
        rules = await _rules(call.request.bucket, pk=call.caller.account_id)
        rule = cors.first_fitting(rules, origin, call.request.method)
        call.reply.headers = rule.answer(origin) if rule else {}


async def _rules(bucket: str, **of_account: Any) -> list[Rule]:
    whose = {f"account__{name}": value for name, value in of_account.items()}
    found = Bucket.objects.filter(name=bucket, **whose)
    return cors.rules_of(await database_sync_to_async(found.first)())


async def _on_bucket(call: Call, work: Callable[[Bucket], T]) -> T:
    """Raises NoSuchBucket where the caller has no such bucket."""
    name = call.request.bucket
    try:
        get = database_sync_to_async(Bucket.objects.get)
        bucket = await get(account_id=call.caller.account_id, name=name)
    except Bucket.DoesNotExist as error:
        raise no_such_bucket(name) from error
    return await database_sync_to_async(work)(bucket)


def _rule_of(element: Element) -> Rule:
    def texts(name: str) -> list[str]:
        return [found.text or "" for found in element.findall(name)]

    rule = Rule(
        origins=texts("AllowedOrigin"),
        methods=texts("AllowedMethod"),
        headers=texts("AllowedHeader"),
        exposed=texts("ExposeHeader"),
        max_age_seconds=whole_number(element.findtext("MaxAgeSeconds", "0")) or 0,
    )
    patterns = [*rule.origins, *rule.headers]
    told = [*patterns, *rule.exposed]
    if not rule.origins or not rule.methods or not set(rule.methods) <= METHODS:
        raise S3Error("MalformedXML", "A CORS rule names origins, and methods of GET, PUT, HEAD, POST and DELETE.")
    if any(pattern.count("*") > 1 for pattern in patterns) or any(not _is_plain(text) for text in told):
        raise S3Error("InvalidRequest", "Origins and headers are plain text with at most one * each.")
    return rule


def _is_plain(text: str) -> bool:
    """It becomes part of a header."""
    return text.isascii() and text.isprintable() and 0 < len(text) <= 255


def _nodes_of(rule: Rule) -> list[Node]:
    named = (
        ("AllowedOrigin", rule.origins),
        ("AllowedMethod", rule.methods),
        ("AllowedHeader", rule.headers),
        ("ExposeHeader", rule.exposed),
    )
    nodes: list[Node] = [(name, text) for name, texts in named for text in texts]
    return [*nodes, ("MaxAgeSeconds", str(rule.max_age_seconds))] if rule.max_age_seconds else nodes
