"""The polling fallback where websockets are blocked: the same message as over the socket."""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from jobs.domain.watching import watch
from jobs.live_message import changes_message
from jobs.models import Job
from jobs.views.door import account_of, json_door, whole_number


@json_door("GET")
def changes(request: HttpRequest, job_id: UUID) -> JsonResponse:
    job = get_object_or_404(Job.objects.visible_to(account_of(request)), pk=job_id)
    watch(job.pk)
    return JsonResponse(changes_message(job.pk, whole_number(request.GET.get("after"), 0)))
