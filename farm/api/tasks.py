"""Tasks over the API: ordered, listed, shown, changed, aborted, deleted, rendered again."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from accounts.models import ApiToken
from farm import copies, lifecycle, line, resources, submission
from farm.api import listing, shelves, task_json
from farm.api.door import body_of, object_of
from farm.models import InstanceState, Task
from farm.submission import Refused

MOST_AT_ONCE = 1000
"""Tasks of one bulk submission."""
_NO_WAIT = {"waitingReason": "", "waitingCode": None, "waitingPosition": None}
_DOES_NOT_WAIT = {"position": None, "code": None, "reason": ""}
_COPIED: dict[str, frozenset[InstanceState] | None] = {
    "retry": copies.FAILED,
    "recover": copies.FAILED | copies.CANCELLED,
    "resume": copies.CANCELLED,
    "clone": None,
}


def find(token: ApiToken, task: str) -> Task:
    """The account's task of that uuid or shortname. Another account's is not there. Raises Refused 404."""
    return shelves.find(Task.objects.filter(account=token.account), "task", task)


def create(request: HttpRequest, token: ApiToken) -> HttpResponse:
    body = body_of(request)
    if isinstance(body, list):
        return _create_all(request, token, body)
    task = submission.create_task(token.account, body, digest=_digest(request, token))
    answer = JsonResponse({"uuid": str(task.uuid)})
    answer["Location"] = f"{request.path.rstrip('/')}/{task.uuid}"
    return answer


def _create_all(request: HttpRequest, token: ApiToken, bodies: list[Any]) -> HttpResponse:
    """Each for itself, in the order they came: the good ones stay."""
    if len(bodies) > MOST_AT_ONCE:
        raise Refused(413, f"At most {MOST_AT_ONCE:,} tasks are taken at once.")
    answers: list[dict[str, Any]] = []
    for place, body in enumerate(bodies):
        try:
            task = submission.create_task(token.account, body, digest=_digest(request, token, place))
            answers.append({"statusCode": 200, "uuid": str(task.uuid), "message": ""})
        except Refused as fault:
            answers.append({"statusCode": fault.status, "uuid": None, "message": fault.message})
    return JsonResponse(answers, safe=False, status=200 if all(a["uuid"] for a in answers) else 207)


def _digest(request: HttpRequest, token: ApiToken, place: int = 0) -> str:
    """Tells a repeated POST (farm.submission); only of the SDK that reads a task at once after it was taken."""
    if not request.headers.get("User-Agent", "").startswith("qarnot-sdk-python"):
        return ""
    return hashlib.sha256(f"{token.pk}:{request.path}:{place}:".encode() + request.body).hexdigest()


def show(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    """`waitingReason`, `waitingCode` and `waitingPosition` are ours."""
    found = find(token, task)
    if found.first_read_at is None:
        Task.objects.filter(pk=found.pk).update(first_read_at=timezone.now())
    wait = line.why_task_waits(found)
    why = (
        {"waitingReason": wait.sentence, "waitingCode": wait.code, "waitingPosition": wait.position}
        if wait
        else _NO_WAIT
    )
    return JsonResponse(task_json.in_full([found])[0] | why)


def why_instance_waits(request: HttpRequest, token: ApiToken, task: str, instance: str) -> HttpResponse:
    """Ours: the code is null for one that doesn't wait."""
    found = find(token, task)
    row = found.instances.filter(instance_id=int(instance)).first()
    if row is None:
        raise Refused(404, f"The task has no instance {instance}.")
    wait = line.why_waiting(row, found)
    told = {"position": wait.position, "code": wait.code, "reason": wait.sentence} if wait else _DOES_NOT_WAIT
    return JsonResponse({"instanceId": row.instance_id, **told})


def change(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    submission.change_task(find(token, task), body_of(request))
    return HttpResponse()


def resync(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    """`update_resources()`."""
    resources.bring_again(find(token, task))
    return HttpResponse()


def delete(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    submission.delete_task(find(token, task))
    return HttpResponse()


def abort(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    found = find(token, task)
    try:
        lifecycle.cancel(found)
    except lifecycle.ForbiddenMove as fault:
        raise Refused(403, f"Can't abort the task: it is {found.state}.") from fault
    return HttpResponse()


def copy(request: HttpRequest, token: ApiToken, task: str, way: str) -> HttpResponse:
    found = find(token, task)
    digest = _digest(request, token)
    copied = copies.copy_task(found, body_of(request), _COPIED[way.lower()], digest=digest)
    return JsonResponse({"uuid": str(copied.uuid)})


def plain_list(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """The newest tasks, as many as a page holds; `?tag=` picks."""
    shown = listing.page_of(shelves.tasks(token.account), listing.longest(request.GET.get("tag")))
    return JsonResponse(task_json.in_full(shown.rows), safe=False)


def plain_summaries(request: HttpRequest, token: ApiToken) -> HttpResponse:
    shelf = shelves.tasks(token.account, in_full=False)
    shown = listing.page_of(shelf, listing.longest(request.GET.get("tag")))
    return JsonResponse(task_json.summaries(shown.rows), safe=False)


def page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    asked = object_of(request)
    shown = listing.page_of(shelves.tasks(token.account), asked)
    return JsonResponse(listing.page_json(asked, shown, task_json.in_full(shown.rows)))


def summaries_page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    asked = object_of(request)
    shown = listing.page_of(shelves.tasks(token.account, in_full=False), asked)
    return JsonResponse(listing.page_json(asked, shown, task_json.summaries(shown.rows)))


def search(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """A plain list, of only the fields that `select` names."""
    asked = object_of(request)
    shown = listing.page_of(shelves.tasks(token.account), asked)
    return JsonResponse(listing.selected(asked, task_json.in_full(shown.rows)), safe=False)
