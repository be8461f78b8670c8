"""The account's secrets over the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import secrets
from farm.api.door import object_of
from farm.submission import Refused


def show(request: HttpRequest, token: ApiToken, key: str) -> HttpResponse:
    with _told(key):
        return JsonResponse({"value": secrets.get(token.account, key)}, headers={"Cache-Control": "no-store"})


def create(request: HttpRequest, token: ApiToken, key: str) -> HttpResponse:
    with _told(key):
        secrets.create(token.account, key, _value(request))
    return HttpResponse()


def change(request: HttpRequest, token: ApiToken, key: str) -> HttpResponse:
    with _told(key):
        secrets.change(token.account, key, _value(request))
    return HttpResponse()


def delete(request: HttpRequest, token: ApiToken, key: str) -> HttpResponse:
    with _told(key):
        secrets.delete(token.account, key)
    return HttpResponse()


def search(request: HttpRequest, token: ApiToken, prefix: str = "") -> HttpResponse:
    return JsonResponse({"keys": secrets.search(token.account, prefix)})


def _value(request: HttpRequest) -> str:
    """`{"Value": "…"}`, as the SDK sends it; kept letter for letter, so the API's cleaning of texts is not for it."""
    for name, value in object_of(request).items():
        if name.lower() == "value" and isinstance(value, str):
            return value
    raise Refused(400, 'The body of the request is {"Value": "…"}, with a text.')


@contextmanager
def _told(key: str) -> Iterator[None]:
    """404 and 409 are what the SDK makes its own exceptions of. Nobody learns of another account's keys."""
    try:
        yield
    except secrets.NotThere as fault:
        raise Refused(404, f"You have no secret “{key}”.") from fault
    except secrets.IsThere as fault:
        raise Refused(409, f"You have a secret “{key}” already: update it, or delete it first.") from fault
    except secrets.NotKept as fault:
        raise Refused(400, str(fault)) from fault
