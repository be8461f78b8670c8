"""The add-ons' page, the part of the order that offers them, and what can be done to them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.buckets import StoreError
from jobs.domain import add_ons as bringing
from jobs.models import AddOn, Scene
from jobs.views.door import STORE_SILENT, BadBody, account_of, body_of, json_door, text_in


@require_safe
@login_required
def add_ons(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs/add_ons.html", {"add_ons": bringing.of_account(account_of(request))})


@require_safe
@login_required
def row(request: HttpRequest, add_on_id: UUID) -> HttpResponse:
    """One of them; the page asks again while it is checked."""
    return render(request, "jobs/parts/add_on.html", {"add_on": _mine(request, add_on_id)})


@require_safe
@login_required
def order_part(request: HttpRequest, scene_id: UUID) -> HttpResponse:
    """`?add_ons=` are the ones that are checked."""
    scene = get_object_or_404(Scene, pk=scene_id, account=account_of(request))
    context = {"scene": scene, "chosen_add_ons": request.GET.getlist("add_ons")}
    return render(request, "jobs/parts/order_add_ons.html", context)


@json_door("POST")
def create(request: HttpRequest) -> JsonResponse:
    """`name` of the zip, and `scene` where it is brought for one render only."""
    body = body_of(request)
    account = account_of(request)
    scene = get_object_or_404(Scene, pk=_uuid(body["scene"]), account=account) if body.get("scene") else None
    add_on = bringing.create(account, text_in(body, "name", 1000), scene)
    return JsonResponse({"id": str(add_on.pk), "path": bringing.upload_path(add_on)})


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as failure:
        raise BadBody("“scene” is the id of a scene.") from failure


@json_door("POST")
def uploaded(request: HttpRequest, add_on_id: UUID) -> JsonResponse:
    mine = _mine(request, add_on_id)
    bringing.finish_upload(mine)
    return JsonResponse({"state": mine.state, "url": reverse("add_on_row", args=[mine.pk])})


@require_POST
@login_required
def always(request: HttpRequest, add_on_id: UUID) -> HttpResponse:
    """`is_on`: checked in every new order."""
    bringing.set_always_on(_mine(request, add_on_id), request.POST.get("is_on") == "yes")
    return redirect("add_ons")


@require_POST
@login_required
def delete(request: HttpRequest, add_on_id: UUID) -> HttpResponse:
    mine = _mine(request, add_on_id)
    try:
        bringing.delete(mine)
    except bringing.AddOnRefused as refusal:
        messages.error(request, str(refusal))
    except StoreError:
        messages.error(request, STORE_SILENT)
    return redirect("add_ons")


def _mine(request: HttpRequest, add_on_id: UUID) -> AddOn:
    found = AddOn.objects.visible_to(account_of(request)).select_related("account")
    return get_object_or_404(found, pk=add_on_id)
