"""From a dropped file to an order: the new-render page and its parts."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.domain import demo, frame_list, orders, scenes, submission
from jobs.enums import SceneState
from jobs.forms import OrderForm
from jobs.models import Scene
from jobs.problems import explain
from jobs.views.door import account_of

SCENES_TO_CHOOSE = 6


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_render(request: HttpRequest) -> HttpResponse:
    """Posting takes the demo scene; `?scene=` goes on with one that is there."""
    account = account_of(request)
    if request.method == "POST":
        scene = demo.add_demo_scene(account)
        return redirect(f"{reverse('new_render')}?scene={scene.pk}")
    chosen = _chosen(request)
    recent = _scenes_of(request).filter(state=SceneState.READY)[:SCENES_TO_CHOOSE]
    context = {"recent": recent, "offer_demo": "demo" in request.GET, **(_scene_context(chosen) if chosen else {})}
    return render(request, "jobs/new_render.html", context)


@require_safe
@login_required
def scene_part(request: HttpRequest, scene_id: UUID) -> HttpResponse:
    """The card, its problems and the order; the page asks again while the check runs."""
    scene = get_object_or_404(_scenes_of(request), pk=scene_id)
    return render(request, "jobs/parts/scene.html", _scene_context(scene))


@require_POST
@login_required
def order(request: HttpRequest, scene_id: UUID) -> HttpResponse:
    scene = get_object_or_404(_scenes_of(request), pk=scene_id)
    form = OrderForm(scene, request.POST)
    if form.is_valid():
        try:
            job = submission.order(scene, form.order())
            return _go_to(request, job.get_absolute_url())
        except orders.OrderRefused as refusal:
            form.refuse(refusal)
    return render(request, "jobs/parts/order.html", {"scene": scene, "form": form, "facts": form.facts}, status=422)


@require_safe
@login_required
def frames_echo(request: HttpRequest) -> HttpResponse:
    """The frame list said back while it is typed, or why it can't be read."""
    try:
        frames = frame_list.parse(request.GET.get("frames", ""))
        context = {"sentence": frame_list.sentence(frames), "frame_count": len(frames)}
    except frame_list.FrameListError as refusal:
        context = {"refusal": str(refusal)}
    return render(request, "jobs/parts/frames_echo.html", context)


def _scenes_of(request: HttpRequest) -> QuerySet[Scene]:
    return Scene.objects.filter(account=account_of(request))


def _chosen(request: HttpRequest) -> Scene | None:
    try:
        return _scenes_of(request).filter(pk=request.GET.get("scene", "")).first() if "scene" in request.GET else None
    except ValidationError:
        return None


def _scene_context(scene: Scene) -> dict[str, object]:
    form = OrderForm(scene) if scene.state == SceneState.READY else None
    return {
        "scene": scene,
        "facts": scenes.facts(scene),
        "problems": [explain(problem) for problem in scene.problems],
        "form": form,
    }


def _go_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect that htmx follows as a whole page."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
