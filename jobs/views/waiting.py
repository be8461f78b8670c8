"""Why one frame of a render waits, asked of the farm while somebody wants to know."""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from jobs.domain import waiting
from jobs.models import Job
from jobs.views.door import account_of, json_door


@json_door("GET")
def frame_waiting(request: HttpRequest, job_id: UUID, number: int) -> JsonResponse:
    job = get_object_or_404(Job.objects.visible_to(account_of(request)).select_related("account"), pk=job_id)
    frame = get_object_or_404(job.frame_set, number=number)
    said = waiting.answer(job, frame)
    told = {"sentence": said.sentence, "label": said.label, "is_waiting": said.is_waiting}
    return JsonResponse({**told, "state": frame.state})
