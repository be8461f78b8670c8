"""The one door of the farm's API: who asks, by which method, and what a refusal looks like."""

import json
import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from accounts.tokens import account_of
from farm.lifecycle import ForbiddenMove
from farm.submission import Refused

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def door(**methods: View) -> View:
    """A view that lets in who shows a token, and calls `methods[METHOD](request, token, **parts of the path)`."""

    def enter(request: HttpRequest, **parts: Any) -> HttpResponse:
        token = account_of(shown_token(request))
        if token is None:
            return refusal(401, "Bad authentication token. Make one on your account page.")
        return _call(methods, request, token, **parts)

    return enter


def public_door(**methods: View) -> View:
    """The same for everyone: `methods[METHOD](request)`."""

    def enter(request: HttpRequest, **parts: Any) -> HttpResponse:
        return _call(methods, request, **parts)

    return enter


def refusal(status: int, message: str) -> JsonResponse:
    return JsonResponse({"message": message}, status=status)


def body_of(request: HttpRequest) -> Any:
    """The JSON of the request whatever its content type says; None without one. Raises Refused."""
    try:
        raw = request.body
        return json.loads(raw, parse_constant=_refuse_constant) if raw.strip() else None
    except RequestDataTooBig as fault:
        raise Refused(413, "The request is too long. Send fewer tasks at once.") from fault
    except (ValueError, RecursionError) as fault:
        raise Refused(400, "The body of the request is no JSON.") from fault


def object_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of the request; empty without a body. Raises Refused."""
    body = body_of(request)
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise Refused(400, "The body of the request is no JSON object.")
    return body


def _call(methods: dict[str, View], request: HttpRequest, *who: ApiToken, **parts: Any) -> HttpResponse:
    view = methods.get("GET" if request.method == "HEAD" else str(request.method))
    if view is None:
        answer: HttpResponse = refusal(405, f"{request.method} is not for this address.")
        answer["Allow"] = ", ".join(methods)
        return answer
    try:
        return view(request, *who, **parts)
    except Refused as fault:
        return refusal(fault.status, fault.message)
    except ForbiddenMove as fault:
        return refusal(403, str(fault))
    except RecursionError:
        return refusal(400, "The body of the request is nested too deeply.")


def shown_token(request: HttpRequest) -> str:
    """The bare token is Qarnot's way; `Bearer` is what other tools put before it."""
    shown = request.headers.get("Authorization", "").strip()
    return shown[7:].strip() if shown[:7].lower() == "bearer " else shown


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
