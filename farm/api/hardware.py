"""Hardware constraints: the farm chooses machines by none yet, so the list is empty."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm.submission import Refused


def page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """`limit` is never 0: the SDK would ask for ever."""
    try:
        limit, offset = int(request.GET.get("limit", "50")), int(request.GET.get("offset", "0"))
    except ValueError as fault:
        raise Refused(400, "limit and offset are numbers.") from fault
    return JsonResponse({"data": [], "offset": max(0, offset), "limit": max(1, limit), "total": 0})


def search(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse([], safe=False)
