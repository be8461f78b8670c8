"""Doors to pictures: redirects to signed addresses of the store, and the zip of all of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET
from zipstream import ZipStream

from jobs.buckets import QarnotShut, StoreError
from jobs.domain import downloads
from jobs.models import Frame, Job, ResultFile
from jobs.views.door import STORE_SILENT, account_of
from jobs.views.logs import file_name
from jobs.views.streaming import piecewise

KEPT_FOR_SECONDS = 1800
"""By the browser: half of what the signed address lasts."""


P = ParamSpec("P")


def through_an_open_door(view: Callable[Concatenate[HttpRequest, UUID, P], HttpResponseBase]) -> Callable[..., Any]:
    """Files need a store that answers, those at Qarnot the account's token too: else the render's page says so."""

    @wraps(view)
    def answered(request: HttpRequest, job_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, job_id, *args, **kwargs)
        except StoreError as failure:
            messages.error(request, str(failure) if isinstance(failure, QarnotShut) else STORE_SILENT)
            return redirect("render", job_id=job_id)

    return answered


@require_GET
@login_required
@through_an_open_door
def picture(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    frame = _frame(request, job_id, number)
    if not frame.key:
        raise Http404
    as_attachment = "download" in request.GET
    return redirect(downloads.picture_address(account_of(request), frame, as_attachment=as_attachment))


@require_GET
@login_required
def preview(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    return _media(_frame(request, job_id, number).preview)


@require_GET
@login_required
def thumbnail(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    return _media(_frame(request, job_id, number).thumbnail)


def _frame(request: HttpRequest, job_id: UUID, number: int) -> Frame:
    mine = Frame.objects.filter(job__account_id=account_of(request).pk).select_related("job")
    return get_object_or_404(mine, job_id=job_id, number=number)


def _media(file: FieldFile) -> HttpResponse:
    if not file:
        raise Http404
    answer = redirect(file.url)
    answer["Cache-Control"] = f"private, max-age={KEPT_FOR_SECONDS}"
    return answer


@require_GET
@login_required
@through_an_open_door
def result_file(request: HttpRequest, job_id: UUID, file_id: int) -> HttpResponse:
    account = account_of(request)
    mine = ResultFile.objects.filter(job__account_id=account.pk).select_related("job")
    return redirect(downloads.file_address(account, get_object_or_404(mine, job_id=job_id, pk=file_id)))


@require_GET
@login_required
@through_an_open_door
def frames_zip(request: HttpRequest, job_id: UUID) -> HttpResponse | StreamingHttpResponse:
    job = _job(request, job_id)
    return _sent(downloads.zip_of(job, account_of(request)), job)


@require_GET
@login_required
@through_an_open_door
def files_zip(request: HttpRequest, job_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Of a task without pictures: its files, in their folders."""
    job = _job(request, job_id)
    return _sent(downloads.zip_of_files(job, account_of(request)), job)


def _job(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(account_of(request)), pk=job_id)


def _sent(archive: ZipStream | None, job: Job) -> StreamingHttpResponse:
    if archive is None:
        raise Http404
    answer = StreamingHttpResponse(piecewise(iter(archive), asks_database=False), content_type="application/zip")
    answer["Content-Length"] = str(len(archive))
    answer["Content-Disposition"] = f'attachment; filename="{file_name(job.name)}.zip"'
    return answer
