"""Qarnot's jobs (groups of tasks): this farm has none, and says so."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm.submission import Refused


def plain_list(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse([], safe=False)


def page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse(empty_page())


def create(request: HttpRequest, token: ApiToken) -> HttpResponse:
    raise Refused(403, "Jobs are not offered by this farm. Submit the tasks without one, and find them by a tag.")


def missing(request: HttpRequest, token: ApiToken) -> HttpResponse:
    raise Refused(404, "No such job.")


def empty_page() -> dict[str, object]:
    return {"data": [], "count": 0, "total": 0, "isTruncated": False, "token": None, "nextToken": None}
