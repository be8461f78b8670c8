"""Snapshots of a running task over the API: one now, one every so often, and how far one is."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import snapshots
from farm.api.door import body_of
from farm.api.tasks import find
from farm.api.wire import instant
from farm.models import Snapshot


def take(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    return JsonResponse(_json(snapshots.take_now(find(token, task), body_of(request))))


def take_every(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    snapshots.take_every(find(token, task), body_of(request))
    return HttpResponse()


def show(request: HttpRequest, token: ApiToken, task: str, snapshot: str) -> HttpResponse:
    return JsonResponse(_json(snapshots.find(find(token, task), snapshot)))


def _json(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": str(snapshot.pk),
        "taskUuid": str(snapshot.task_id),
        "triggerDate": instant(snapshot.triggered_at),
        "lastUpdateDate": instant(snapshot.updated_at),
        "snapshotConfig": {
            "whitelist": snapshot.whitelist or None,
            "blacklist": snapshot.blacklist or None,
            "bucket": snapshot.bucket or None,
            "bucketPrefix": snapshot.bucket_prefix or None,
        },
        "status": snapshot.status,
        "sizeToUpload": snapshot.size_to_upload,
        "transferredSize": snapshot.transferred_size,
    }
