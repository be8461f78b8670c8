"""Carbon facts: nothing is measured by this farm yet, and nothing is made up."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm.api.tasks import find


def facts(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    """Every figure may be left out; the SDK then has None for it."""
    find(token, task)
    return JsonResponse({})
