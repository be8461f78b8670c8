"""Hardware constraints that this farm's machines meet, over the API."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import hardware
from farm.submission import Refused

LONGEST_PAGE = 1000


def page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """`limit` is never 0: the SDK would ask for ever."""
    try:
        limit, offset = int(request.GET.get("limit", "50")), int(request.GET.get("offset", "0"))
    except ValueError as fault:
        raise Refused(400, "limit and offset are numbers.") from fault
    limit, offset = max(1, min(limit, LONGEST_PAGE)), max(0, offset)
    offered = hardware.offered(token.account)
    data = offered[offset : offset + limit]
    return JsonResponse({"data": data, "offset": offset, "limit": limit, "total": len(offered)})


def search(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """Processors with `?cpuModel=` in their name."""
    part = request.GET.get("cpuModel", "")
    return JsonResponse(hardware.offered_cpu_models(token.account, part), safe=False)
