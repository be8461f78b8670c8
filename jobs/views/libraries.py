"""The libraries' pages: the list, one with its files, and what can be done to them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.buckets import StoreError
from jobs.domain import libraries, library_files
from jobs.enums import UploadState
from jobs.models import Library
from jobs.views.door import STORE_SILENT, account_of, json_door


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def shelf(request: HttpRequest) -> HttpResponse:
    """Posting a name makes a library and leads to it."""
    account = account_of(request)
    if request.method == "POST":
        try:
            return redirect(libraries.create(account, request.POST.get("name", "")))
        except libraries.LibraryRefused as refusal:
            messages.error(request, str(refusal))
        except StoreError:
            messages.error(request, STORE_SILENT)
        return redirect("libraries")
    return render(request, "jobs/libraries.html", {"libraries": libraries.of(account)})


@require_safe
@login_required
def library(request: HttpRequest, library_id: UUID) -> HttpResponse:
    shown = get_object_or_404(libraries.of(account_of(request)), pk=library_id)
    library_files.look_if_stale(shown)
    return render(request, "jobs/library.html", {**_files(request, shown), "unfinished": _unfinished(shown)})


@require_safe
@login_required
def files_part(request: HttpRequest, library_id: UUID) -> HttpResponse:
    """The list alone; the page asks again while a worker looks through the bucket."""
    shown = get_object_or_404(libraries.of(account_of(request)), pk=library_id)
    return render(request, "jobs/parts/library_files.html", _files(request, shown))


def _files(request: HttpRequest, shown: Library) -> dict[str, object]:
    words, after = (request.GET.get(name, "").replace("\x00", "") for name in ("q", "after"))
    page = library_files.page(shown, words=words.strip(), after=after)
    return {"library": shown, "page": page, "words": words}


def _unfinished(shown: Library) -> list[str]:
    return list(shown.uploads.filter(state=UploadState.OPEN).values_list("path", flat=True)[:200])


@require_POST
@login_required
def refresh(request: HttpRequest, library_id: UUID) -> HttpResponse:
    mine = _mine(request, library_id)
    library_files.look_soon(mine)
    return redirect(mine)


@json_door("POST")
def uploaded(request: HttpRequest, library_id: UUID) -> JsonResponse:
    """Told by the page when everything it sent is up. What waits for the sweep is looked at now."""
    mine = _mine(request, library_id)
    if mine.due_at is not None:
        library_files.look_soon(mine)
    return JsonResponse({"state": "ready", "url": reverse("library_files", args=[mine.pk])})


@require_POST
@login_required
def delete(request: HttpRequest, library_id: UUID) -> HttpResponse:
    mine = _mine(request, library_id)
    try:
        libraries.delete(mine)
    except libraries.LibraryRefused as refusal:
        messages.error(request, str(refusal))
    except StoreError:
        messages.error(request, STORE_SILENT)
    else:
        messages.success(request, f"“{mine.name}” and its files are deleted.")
        return redirect("libraries")
    return redirect(mine)


@require_POST
@login_required
def delete_file(request: HttpRequest, library_id: UUID) -> HttpResponse:
    mine = _mine(request, library_id)
    try:
        library_files.delete(mine, request.POST.get("path", "").replace("\x00", ""))
    except StoreError:
        messages.error(request, STORE_SILENT)
    return redirect(mine)


def _mine(request: HttpRequest, library_id: UUID) -> Library:
    found = Library.objects.visible_to(account_of(request)).select_related("account")
    return get_object_or_404(found, pk=library_id)
