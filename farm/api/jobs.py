"""Qarnot's jobs over the API: groups of tasks, made, listed, shown, terminated, deleted."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import groups
from farm.api import listing, shelves, task_json
from farm.api.door import body_of, object_of
from farm.api.wire import instant, timespan
from farm.models import Job


def find(token: ApiToken, job: str) -> Job:
    """The account's job of that uuid or shortname. Another account's is not there. Raises Refused 404."""
    return shelves.find(Job.objects.filter(account=token.account), "job", job)


def create(request: HttpRequest, token: ApiToken) -> HttpResponse:
    job = groups.create_job(token.account, body_of(request))
    return JsonResponse({"uuid": str(job.uuid)})


def show(request: HttpRequest, token: ApiToken, job: str) -> HttpResponse:
    return JsonResponse(_told(find(token, job)))


def tasks(request: HttpRequest, token: ApiToken, job: str) -> HttpResponse:
    """In full, the newest first, as many as a page holds."""
    shelf = shelves.tasks(token.account)
    asked: dict[str, Any] = listing.longest(None)
    asked["filter"] = {"operator": "Equal", "field": "JobUuid", "value": str(find(token, job).uuid)}
    return JsonResponse(task_json.in_full(listing.page_of(shelf, asked).rows), safe=False)


def terminate(request: HttpRequest, token: ApiToken, job: str) -> HttpResponse:
    groups.terminate(find(token, job))
    return HttpResponse()


def delete(request: HttpRequest, token: ApiToken, job: str) -> HttpResponse:
    """`?force=True` as Python writes it, or in any case."""
    is_forced = request.GET.get("force", "").lower() in ("true", "1")
    groups.delete(find(token, job), by_force=is_forced)
    return HttpResponse()


def plain_list(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """The newest jobs; `?tag=` picks."""
    shown = listing.page_of(shelves.jobs(token.account), listing.longest(request.GET.get("tag")))
    return JsonResponse([_told(job) for job in shown.rows], safe=False)


def page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    asked = object_of(request)
    shown = listing.page_of(shelves.jobs(token.account), asked)
    return JsonResponse(listing.page_json(asked, shown, [_told(job) for job in shown.rows]))


def search(request: HttpRequest, token: ApiToken) -> HttpResponse:
    asked = object_of(request)
    shown = listing.page_of(shelves.jobs(token.account), asked)
    return JsonResponse(listing.selected(asked, [_told(job) for job in shown.rows]), safe=False)


def _told(job: Job) -> dict[str, Any]:
    return {
        "uuid": str(job.uuid),
        "name": job.name,
        "shortname": job.shortname,
        "poolUuid": None,
        "state": job.state,
        "previousState": job.previous_state or None,
        "useDependencies": job.use_dependencies,
        "creationDate": instant(job.created_at),
        "lastModified": instant(job.modified_at),
        "stateTransitionTime": instant(job.state_changed_at),
        "previousStateTransitionTime": instant(job.previous_state_changed_at),
        "maxWallTime": timespan(job.max_wall_seconds) if job.max_wall_seconds else None,
        "tags": job.tags,
        "autoDeleteOnCompletion": job.auto_delete,
        "completionTimeToLive": timespan(job.time_to_live_seconds),
    }
