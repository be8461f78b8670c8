"""Qarnot's pools (machines kept for one account): this farm has none, and says so."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm.submission import Refused


def plain_list(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse([], safe=False)


def page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse({"data": [], "count": 0, "total": 0, "isTruncated": False, "token": None, "nextToken": None})


def create(request: HttpRequest, token: ApiToken) -> HttpResponse:
    raise Refused(403, "Pools are not offered by this farm. A task goes on with a warm machine without one.")


def missing(request: HttpRequest, token: ApiToken) -> HttpResponse:
    raise Refused(404, "No such pool.")
