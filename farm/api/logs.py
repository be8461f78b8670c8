"""What a task's instances print, over the API: the whole, what is new to this token, or from a place on."""

import re

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import output
from farm.api.tasks import find
from farm.models import Task
from farm.output import WHOLE_TASK, Stream
from farm.submission import Refused

OFFSET_HEADER = "X-Output-Offset"
_ROTATED = "… rotated: the oldest {:,} characters of this output are not kept any more\n"


def whole(request: HttpRequest, token: ApiToken, task: str, stream: str, instance: str = "") -> HttpResponse:
    """All of it, or with our `?offset=N` the characters from N on, as far as one answer goes."""
    found, kind, instance_id = _asked(token, task, stream, instance)
    if "offset" in request.GET:
        since = _offset(request.GET["offset"])
        start, text = _text(found, kind, instance_id, since)
        answer = _answer(request, text)
        answer[OFFSET_HEADER] = str(start)
        return answer
    if instance_id == WHOLE_TASK:
        return _answer(request, _newest(found, kind))
    start, text = output.instance_text(found, kind, instance_id)
    return _answer(request, _ROTATED.format(start) + text if start else text)


def fresh(request: HttpRequest, token: ApiToken, task: str, stream: str, instance: str = "") -> HttpResponse:
    found, kind, instance_id = _asked(token, task, stream, instance)
    return _answer(request, output.fresh_text(token, found, kind, instance_id))


def _asked(token: ApiToken, task: str, stream: str, instance: str) -> tuple[Task, Stream, int]:
    found = find(token, task)
    kind: Stream = "stdout" if stream.lower() == "stdout" else "stderr"
    if not instance:
        return found, kind, WHOLE_TASK
    if not found.instances.filter(instance_id=int(instance)).exists():
        raise Refused(404, f"The task has no instance {instance}.")
    return found, kind, int(instance)


def _text(task: Task, stream: Stream, instance_id: int, since: int) -> tuple[int, str]:
    if instance_id == WHOLE_TASK:
        return output.task_text(task, stream, since)
    return output.instance_text(task, stream, instance_id, since)


def _newest(task: Task, stream: Stream) -> str:
    start, text = output.newest_task_text(task, stream)
    gone = output.kept_from(task, stream)
    if start > gone:
        text = f"… {start - gone:,} characters of older output are left out here; ?offset={gone} has them\n{text}"
    return _ROTATED.format(gone) + text if gone else text


def _offset(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Refused(400, "The offset is a number of characters.")
    return int(text)


def _answer(request: HttpRequest, text: str) -> HttpResponse:
    """Text for the Python SDK; a JSON string for the SDKs that decode one (they use /v1 or ask for JSON)."""
    match = request.resolver_match
    is_versioned = match is not None and str(match.kwargs.get("path", "")).lstrip("/").lower().startswith("v1/")
    if is_versioned or request.get_preferred_type(["text/plain", "application/json"]) == "application/json":
        return JsonResponse(text, safe=False)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
