"""The built-in farm behaving as Qarnot's service does, where that differs: for tests of whoever asks both.

Switched on by FARM_QUIRKS. Played at the door, so that the farm behind it stays what it is:
output comes as JSON texts and whole; all tokens of an account share one place in it; what is told of a task's state
is some seconds old; an order that says nothing of retries has one attempt; who asks too often is told so; answers take
their time; and of what is ours beside the API nothing is said or understood.
"""

import json
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from accounts.models import Account
from accounts.tokens import account_of, internal_token
from farm.api.door import refusal, shown_token

Json = dict[str, Any]

SLOWEST_SECONDS = 0.15
QUICKEST_SECONDS = 0.05
OURS = frozenset(
    {
        *("nodeName", "siteName", "place", "isHeating", "frameId", "part", "tileSide"),
        *("waitingReason", "waitingCode", "waitingPosition", "priority", "rate", "licence"),
        *("capSeconds", "heldSeconds", "chargedSeconds", "remainingSeconds", "unit"),
    }
)
"""Fields that Qarnot's service has not: left out of every answer, and of every order."""
SAID_OF_A_PROFILE = frozenset({"name", "constants", "licenses"})
SAID_OF_A_CONSTANT = frozenset({"name", "value", "description"})
AGEING = frozenset(
    {
        *("state", "previousState", "stateTransitionTime", "previousStateTransitionTime", "endDate", "progress"),
        *("status", "completedInstances", "errors", "resultsCount", "executionTime", "wallTime"),
        *("runningInstanceCount", "runningCoreCount"),
    }
)
"""What of a task may be some seconds old. The rest is the account's own word."""
_OUTPUT = re.compile(r"/tasks/[^/]+/(stdout|stderr)(/\d+)?", re.IGNORECASE)
_PROFILE = re.compile(r"/profiles/[^/]+", re.IGNORECASE)
_WAITING = re.compile(r"/tasks/[^/]+/instances/[^/]+/waiting", re.IGNORECASE)
_COPY = re.compile(r"/tasks/[^/]+/(retry|recover|resume|clone)", re.IGNORECASE)

_lock = threading.Lock()
_asked_at: dict[int, deque[float]] = {}
_told: dict[str, tuple[float, Json]] = {}


def played(request: HttpRequest, path: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer as the service would give it. `path` is in order, without its version."""
    token = account_of(shown_token(request))
    time.sleep(random.uniform(QUICKEST_SECONDS, SLOWEST_SECONDS))  # noqa: S311 (not for secrets)
    if token is not None and _asks_too_often(token.account_id):
        busy = refusal(429, "Too many requests. Try again later.")
        busy["Retry-After"] = "1"
        return busy
    if _WAITING.fullmatch(path):
        return refusal(404, f"There is nothing at {path}.")
    if _OUTPUT.fullmatch(path):
        return _output(request, token.account if token else None, answer)
    if request.method == "POST" and path.lower() == "/tasks":
        _rewrite(request, _ordered)
    if request.method == "POST" and _COPY.fullmatch(path):
        _rewrite(request, _without_ours)
    said = answer()
    return _told_plainly(said, is_profile=bool(_PROFILE.fullmatch(path)))


def _asks_too_often(account_id: int) -> bool:
    now = time.monotonic()
    with _lock:
        lately = _asked_at.setdefault(account_id, deque())
        while lately and now - lately[0] > 1:
            lately.popleft()
        if len(lately) >= settings.FARM_QUIRKS_RATE:
            return True
        lately.append(now)
        return False


def _output(request: HttpRequest, account: Account | None, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """A JSON text of the whole buffer; whatever token asks, it is one reader."""
    request.GET = QueryDict()
    if account is not None:
        request.META["HTTP_AUTHORIZATION"] = internal_token(account)
        request.__dict__.pop("headers", None)  # Django keeps them once they were read
    said = answer()
    if said.status_code != 200 or said["Content-Type"].startswith("application/json"):
        return said
    return JsonResponse(said.content.decode(), safe=False)


def _rewrite(request: HttpRequest, change: Callable[[Json], Json]) -> None:
    """What the farm behind the door reads in place of what was sent; what is no JSON is for it to refuse."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return
    new = [change(one) if isinstance(one, dict) else one for one in body] if isinstance(body, list) else body
    new = change(new) if isinstance(new, dict) else new
    request._body = json.dumps(new).encode()  # where Django keeps what was read


def _ordered(order: Json) -> Json:
    key = next((name for name in order if name.lower() == "retrysettings"), "retrySettings")
    settings_ = order.get(key)
    is_silent = not isinstance(settings_, dict) or all(value is None for value in settings_.values())
    return _without_ours(order) | ({key: {"maxTotalRetries": 0}} if is_silent else {})


def _without_ours(order: Json) -> Json:
    return {name: value for name, value in order.items() if name not in OURS}


def _told_plainly(said: HttpResponse, *, is_profile: bool) -> HttpResponse:
    if said.status_code >= 400 or not said.get("Content-Type", "").startswith("application/json"):
        return said
    told = json.loads(said.content)
    if is_profile:
        told = {name: value for name, value in told.items() if name in SAID_OF_A_PROFILE}
        told["constants"] = [
            {name: value for name, value in one.items() if name in SAID_OF_A_CONSTANT} for one in told["constants"]
        ]
    said.content = json.dumps(_plain(told)).encode()
    return said


def _plain(told: Any) -> Any:
    """Without what is ours, and tasks as they were some seconds ago."""
    if isinstance(told, list):
        return [_plain(one) for one in told]
    if not isinstance(told, dict):
        return told
    plain = {name: value if name == "labels" else _plain(value) for name, value in told.items() if name not in OURS}
    return _aged(plain) if {"uuid", "state", "profile", "creationDate"} <= plain.keys() else plain


def _aged(task: Json) -> Json:
    now = time.monotonic()
    with _lock:
        at, old = _told.get(task["uuid"], (-settings.FARM_QUIRKS_STATE_AGE, {}))
        if now - at >= settings.FARM_QUIRKS_STATE_AGE:
            if len(_told) > 10_000:
                _told.clear()
            _told[task["uuid"]] = (now, {name: task[name] for name in AGEING if name in task})
            return task
    return task | {name: value for name, value in old.items() if name in task}
