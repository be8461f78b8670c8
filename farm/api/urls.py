"""Every address of the farm's API below its mount: `/farm/tasks`, `/farm/v1/tasks`, `/farm//tasks`.

A `cluster_url` that ends in `/` doubles the slash, and a redirect would make a POST a GET: so the path
is put in order here, before it is looked up, and never redirected.
"""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, re_path, resolve
from django.views.decorators.csrf import csrf_exempt

from farm.api import quirks
from farm.api.door import refusal

_VERSION = re.compile(r"^v1/", re.IGNORECASE)


@csrf_exempt
def enter(request: HttpRequest, path: str) -> HttpResponse:
    """No cookie counts here, only the token of the header: there is nothing for a forged request to use."""
    if settings.FARM_QUIRKS:
        return quirks.played(request, in_order(path), lambda: answer(request, path))
    return answer(request, path)


def answer(request: HttpRequest, path: str) -> HttpResponse:
    try:
        match = resolve(in_order(path), urlconf="farm.api.routes")
    except Resolver404:
        return refusal(404, f"There is nothing at /{path}.")
    return match.func(request, *match.args, **match.kwargs)


def in_order(path: str) -> str:
    """The path with one slash between parts, none at the end, without the version before it."""
    plain = re.sub("/+", "/", path).strip("/")
    return "/" + _VERSION.sub("", plain)


urlpatterns = [re_path(r"^(?P<path>.*)$", enter, name="farm_api")]
