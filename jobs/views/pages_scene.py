"""From a dropped file to an order: the new-render page and its parts."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs import qarnot_access, software
from jobs.domain import demo, frame_list, libraries, orders, qarnot, scenes, submission
from jobs.enums import SceneState, Where
from jobs.forms import OrderForm
from jobs.models import Scene
from jobs.problems import explain
from jobs.profiles import Profile, names_a_secret
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
    context = {
        "recent": recent,
        "offer_demo": "demo" in request.GET,
        "places": qarnot.places(account),
        "endings": software.endings(account),
        "droppable": software.droppable(account),
        **(_scene_context(chosen) if chosen else {}),
    }
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
    where = _place_chosen(request, scene)
    profile = _profile_chosen(request, scene, where)
    if profile is None:
        return render(request, "jobs/parts/order_impossible.html", _impossible(scene, where, request.POST), status=503)
    form = OrderForm(scene, profile, request.POST, where=where)
    if request.POST.get("where", where) != where:  # the token was taken away in another window
        form.add_error(None, qarnot.NOT_GIVEN)
    if form.is_valid():
        try:
            job = submission.order(scene, form.order())
            return _go_to(request, job.get_absolute_url())
        except orders.OrderRefused as refusal:
            form.refuse(refusal)
    return render(request, "jobs/parts/order.html", _order_context(scene, form, request.POST), status=422)


@require_POST
@login_required
def order_of_version(request: HttpRequest, scene_id: UUID) -> HttpResponse:
    """The order as another version or another farm asks it, with what was typed so far. Orders nothing."""
    scene = get_object_or_404(_scenes_of(request), pk=scene_id)
    where = _place_chosen(request, scene)
    profile = _profile_chosen(request, scene, where)
    if profile is None:
        return render(request, "jobs/parts/order_impossible.html", _impossible(scene, where, request.POST))
    form = OrderForm(scene, profile, typed=request.POST, where=where)
    context = _order_context(scene, form, request.POST, is_more_open="is_more_open" in request.POST)
    return render(request, "jobs/parts/order.html", context)


def _place_chosen(request: HttpRequest, scene: Scene) -> Where:
    """Where its files are, unless something else that is open to the account was chosen."""
    return _place(scene, request.POST.get("where", scene.stored_at))


def _place(scene: Scene, text: str) -> Where:
    return next((place for place in qarnot.places_for(scene) if place == text), Where.STUDIO)


def _impossible(scene: Scene, where: Where, typed: QueryDict | None = None) -> dict[str, object]:
    """The place that can't be had now, those that can be tried instead, and what was typed so far."""
    return {
        "scene": scene,
        "where": where,
        "places": qarnot.places_for(scene),
        "trouble": qarnot_access.why_shut(scene.account) if where == Where.QARNOT else "",
        "carried": _carried(typed, CHOSEN_ANEW),
    }


CHOSEN_ANEW = frozenset({"csrfmiddlewaretoken", "where"})


def _carried(typed: QueryDict | None, asked: Collection[str]) -> list[tuple[str, str]]:
    """What was posted and is not asked here: another place or version may ask it again."""
    posted = typed.lists() if typed is not None else ()
    return [
        (name, str(value))
        for name, values in posted
        if name not in asked and not names_a_secret(name)
        for value in values
    ]


def _profile_chosen(request: HttpRequest, scene: Scene, where: Where) -> Profile | None:
    """Of the scene's own software; the proposed one where nothing, or nothing that is offered, was chosen."""
    offered = software.versions(scene.account, scene.software, where)
    chosen = next((profile for profile in offered if profile.name == request.POST.get("profile", "")), None)
    return chosen or orders.proposed_profile(scene, where)


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
    context = {
        "scene": scene,
        "facts": scenes.facts(scene),
        "software_title": software.title_of(scene.account, scene.software),
        "problems": [explain(problem) for problem in libraries.with_holders(scene, scene.problems)],
        "form": None,
    }
    where = _place(scene, scene.stored_at)
    profile = orders.proposed_profile(scene, where) if scene.state == SceneState.READY else None
    form = OrderForm(scene, profile, where=where) if profile else None
    return {**context, **_impossible(scene, where), **(_order_context(scene, form) if form else {})}


def _order_context(
    scene: Scene, form: OrderForm, typed: QueryDict | None = None, *, is_more_open: bool = False
) -> dict[str, object]:
    """`typed`: what was posted, for the parts that are no fields of the form; they are proposed anew if never asked."""
    asked = {*CHOSEN_ANEW, *form.fields, "libraries", "is_more_open"}
    asked |= {"add_ons", "add_ons_asked"} if form.where == Where.STUDIO else set()
    return {
        "scene": scene,
        "form": form,
        "facts": form.facts,
        "profile": form.profile,
        "where": form.where,
        "places": qarnot.places_for(scene),
        "chosen_libraries": typed.getlist("libraries") if typed and {"libraries", "name"} & typed.keys() else None,
        "chosen_add_ons": typed.getlist("add_ons") if typed and {"add_ons", "add_ons_asked"} & typed.keys() else None,
        "carried": _carried(typed, asked),
        "is_more_open": is_more_open,
    }


def _go_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect that htmx follows as a whole page."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
