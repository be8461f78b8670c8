"""The scene door: made, told that everything is up, another file chosen as the main one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from jobs.domain import qarnot, scenes
from jobs.models import Scene
from jobs.views.door import account_of, body_of, json_door, text_in


@json_door("POST")
def create(request: HttpRequest) -> JsonResponse:
    account, body = account_of(request), body_of(request)
    where = qarnot.chosen(account, text_in(body, "where", 20) if "where" in body else "")
    scene = scenes.create(account, text_in(body, "name", 1000), where)
    return JsonResponse({"id": str(scene.pk), "url": reverse("scene_part", args=[scene.pk])})


@json_door("POST")
def uploaded(request: HttpRequest, scene_id: UUID) -> JsonResponse:
    scene = get_object_or_404(Scene, pk=scene_id, account=account_of(request))
    scenes.finish_upload(scene)
    return JsonResponse({"state": scene.state, "url": reverse("scene_part", args=[scene.pk])})


@json_door("POST")
def main_file(request: HttpRequest, scene_id: UUID) -> HttpResponse:
    """A form with `path`; answers by way of the scene's card."""
    scene = get_object_or_404(Scene, pk=scene_id, account=account_of(request))
    scenes.choose_main_file(scene, request.POST.get("path", ""))
    return redirect("scene_part", scene_id=scene.pk)
