"""What the JSON addresses share: who asks, what they sent, how a refusal is said."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from jobs.buckets import QarnotShut, StoreError
from jobs.domain.add_ons import AddOnRefused
from jobs.domain.qarnot import QarnotRefused
from jobs.domain.scenes import SceneRefused
from jobs.domain.uploads import UploadRefused

STORE_SILENT = "The file store does not answer. Trying again in a moment helps."

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class BadBody(ValueError):
    """The sentence says what the body lacks."""


def account_of(request: HttpRequest) -> Account:
    """Who asks; only behind `json_door` or `login_required`."""
    assert isinstance(request.user, Account)
    return request.user


def json_door(method: str) -> Callable[[View[P]], View[P]]:
    """401 for nobody, 400 with a sentence for a refusal or a token that is gone, 503 when the store does not answer."""

    def decorated(view: View[P]) -> View[P]:
        @require_http_methods([method])
        @wraps(view)
        def answered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return refusal("You are signed out. Sign in again to go on.", 401)
            try:
                return view(request, *args, **kwargs)
            except (BadBody, UploadRefused, SceneRefused, AddOnRefused, QarnotRefused) as refused:
                return refusal(str(refused), 400)
            except QarnotShut as shut:
                return refusal(str(shut), 400)
            except StoreError:
                return refusal(STORE_SILENT, 503)

        return answered

    return decorated


def refusal(sentence: str, status: int, **more: Any) -> JsonResponse:
    return JsonResponse({"problem": sentence, **more}, status=status)


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """The JSON object that was sent. Raises BadBody."""
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as failure:
        raise BadBody("This is not JSON.") from failure
    if not isinstance(body, dict):
        raise BadBody("A JSON object is wanted.")
    return body


def text_in(body: Mapping[str, Any], name: str, most: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or not value or len(value) > most or "\x00" in value:
        raise BadBody(f"“{name}” is a text of 1 to {most} characters.")
    return value


def number_in(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**62:
        raise BadBody(f"“{name}” is a whole number.")
    return value


def whole_number(text: str | None, otherwise: int) -> int:
    """A number from the address; anything else is the default."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else otherwise
