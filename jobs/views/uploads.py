"""The upload door: JSON in, one call, JSON out. Keys and S3's upload ids never come from a browser."""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from jobs.domain import paths, uploads
from jobs.domain.upload_places import Place
from jobs.models import AddOn, Library, Scene, Upload
from jobs.views.door import BadBody, account_of, body_of, json_door, number_in, refusal, text_in


@json_door("POST")
def begin_in_scene(request: HttpRequest, scene_id: UUID) -> JsonResponse:
    scene = get_object_or_404(Scene.objects.select_related("account"), pk=scene_id, account=account_of(request))
    return _begun(request, scene)


@json_door("POST")
def begin_in_library(request: HttpRequest, library_id: UUID) -> JsonResponse:
    mine = Library.objects.visible_to(account_of(request)).select_related("account")
    return _begun(request, get_object_or_404(mine, pk=library_id))


@json_door("POST")
def begin_in_add_on(request: HttpRequest, add_on_id: UUID) -> JsonResponse:
    mine = AddOn.objects.visible_to(account_of(request)).select_related("account")
    return _begun(request, get_object_or_404(mine, pk=add_on_id))


def _begun(request: HttpRequest, place: Place) -> JsonResponse:
    body = body_of(request)
    path = text_in(body, "path", 4000)
    if paths.is_dropped(path):
        return JsonResponse({"id": None, "state": "dropped", "part_size": 0, "part_count": 0, "done_parts": []})
    upload = uploads.begin(place, path, number_in(body, "size"), text_in(body, "fingerprint", 1000))
    return JsonResponse(_said(upload))


def _said(upload: Upload) -> dict[str, object]:
    return {
        "id": str(upload.pk),
        "path": upload.path,
        "part_size": upload.part_size_bytes,
        "part_count": uploads.part_count(upload),
        "done_parts": uploads.done_parts(upload),
        "state": upload.state,
    }


@json_door("POST")
def sign(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    upload = get_object_or_404(uploads.of(account_of(request)), pk=upload_id)
    numbers = body_of(request).get("parts")
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise BadBody("“parts” is a list of part numbers.")
    return JsonResponse({"urls": uploads.sign(upload, numbers)})


@json_door("GET")
def parts(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    upload = get_object_or_404(uploads.of(account_of(request)), pk=upload_id)
    return JsonResponse({"parts": uploads.done_parts(upload)})


@json_door("POST")
def complete(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    upload = get_object_or_404(uploads.of(account_of(request)), pk=upload_id)
    try:
        uploads.complete(upload)
    except uploads.PartsMissing as missing:
        return refusal("Some parts have not arrived yet.", 409, missing=missing.numbers)
    return JsonResponse({"state": upload.state})


@json_door("POST")
def abort(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    upload = get_object_or_404(uploads.of(account_of(request)), pk=upload_id)
    uploads.abort(upload)
    return JsonResponse({"state": upload.state})


@json_door("GET")
def still_open(request: HttpRequest) -> JsonResponse:
    """Unfinished uploads, for "Continue upload of …". Their parts are asked for when one goes on."""
    return JsonResponse(
        {
            "uploads": [
                {
                    "id": str(upload.pk),
                    "scene": str(upload.scene_id),
                    "scene_name": str(upload.scene),
                    "path": upload.path,
                    "size": upload.size_bytes,
                    "fingerprint": upload.fingerprint,
                    "part_size": upload.part_size_bytes,
                    "part_count": uploads.part_count(upload),
                }
                for upload in uploads.still_open(account_of(request))[:200]
            ]
        }
    )
