"""The log's door: lines for the page, all of it as a text file."""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from jobs.domain import logs
from jobs.models import Job
from jobs.views.door import account_of, json_door, whole_number
from jobs.views.streaming import piecewise


@json_door("GET")
def lines(request: HttpRequest, job_id: UUID) -> JsonResponse:
    """`after` or `before` a line, `limit`, one `instance`, `q` for lines that hold it."""
    job = get_object_or_404(Job.objects.visible_to(account_of(request)), pk=job_id)
    asked = request.GET
    limit, instance = whole_number(asked.get("limit"), 500), _instance(asked.get("instance"))
    if asked.get("q", "").strip():
        found = logs.search(job, asked["q"], whole_number(asked.get("after"), 0), limit, instance)
    elif "before" in asked:
        found = logs.lines_before(job, whole_number(asked["before"], job.line_count + 1), limit, instance)
    else:
        found = logs.lines(job, whole_number(asked.get("after"), 0), limit, instance)
    return JsonResponse({"lines": [line.to_json() for line in found], "line_count": job.line_count})


@require_GET
@login_required
def text(request: HttpRequest, job_id: UUID) -> HttpResponse | StreamingHttpResponse:
    job = get_object_or_404(Job.objects.visible_to(account_of(request)), pk=job_id)
    pieces = logs.as_text(job, _instance(request.GET.get("instance")))
    answer = StreamingHttpResponse(piecewise(pieces, asks_database=True), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(job.name)}-log.txt"'
    return answer


def _instance(text: str | None) -> int | None:
    return whole_number(text, -1) if text else None


def file_name(name: str) -> str:
    """A render's name as a part of a file's: letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "render"
