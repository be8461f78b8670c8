"""One render: its page, one of its frames, and the two things a person may ask of it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from jobs.domain import carbon_card, lifecycle, machines, result_files, submission
from jobs.domain import headline as headlines
from jobs.domain.wall import around, latest_picture, wall
from jobs.limits_form import StopAtForm
from jobs.models import Job
from jobs.views.door import account_of


@require_safe
@login_required
def render_page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """`?frames_after=` answers only the next stretch of the wall."""
    job = _job(request, job_id)
    stretch = wall(job, after=request.GET.get("frames_after", ""))
    if "frames_after" in request.GET:
        return render(request, "jobs/parts/wall.html", {"job": job, "wall": stretch})
    context = {
        "job": job,
        "headline": headlines.headline(job),
        "instances": list(machines.seen(job)[:MOST_MACHINES]),
        "wall": stretch,
        "latest": latest_picture(job),
        "carbon": carbon_card.card(job),
        "files": None if job.makes_pictures else result_files.shelf(job),
    }
    return render(request, "jobs/render.html", context)


MOST_MACHINES = 1000
"""Cards on a page; a farm with more instances than this shows the first ones."""


@require_safe
@login_required
def frame(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    job = _job(request, job_id)
    shown = get_object_or_404(job.frame_set, number=number)
    return render(request, "jobs/frame.html", {"job": job, "frame": shown, "around": around(shown)})


@require_POST
@login_required
def cancel_render(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = _job(request, job_id)
    try:
        lifecycle.cancel(job)
    except (lifecycle.ForbiddenMove, lifecycle.JobMovedMeanwhile) as refusal:
        messages.error(request, str(refusal))
    return redirect(job)


@require_POST
@login_required
def render_failed_again(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = _job(request, job_id)
    limit = StopAtForm(request.POST)
    if not limit.is_valid():
        messages.error(request, " ".join(str(error) for error in limit.errors["stop_at"]))
        return redirect(job)
    if "stop_at" in request.POST:
        job.cap_seconds = limit.cleaned_data["stop_at"]
    try:
        submission.render_failed_again(job)
    except (lifecycle.ForbiddenMove, lifecycle.JobMovedMeanwhile) as refusal:
        messages.error(request, str(refusal))
    return redirect(job)


def _job(request: HttpRequest, job_id: UUID) -> Job:
    found = Job.objects.visible_to(account_of(request)).select_related("scene", "account")
    return get_object_or_404(found, pk=job_id)
