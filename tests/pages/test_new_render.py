import pytest

from jobs.domain import demo
from jobs.enums import SceneState
from jobs.models import Job, Scene
from tests.pages.conftest import signed_in
from tests.profiles_on_offer import blender


def order(client, scene, **changes):
    fields = {
        "frames": "1-3",
        "blend_ratio": "50",
        "profile": "blender-4.5",
        "blend_camera": "Wide",
        "blend_cycles_samples": "64",
        "blend_format": "PNG",
        "name": "Corridor",
    }
    return client.post(f"/scenes/{scene.pk}/order/", fields | changes)


def test_the_form_is_filled_in_from_the_scene(alices_page, scene):
    form = alices_page.get(f"/scenes/{scene.pk}/part/").context["form"]

    assert form["frames"].value() == "1-24"
    assert form["blend_camera"].value() == "Wide"
    assert form["blend_ratio"].value() == "50"
    assert form["blend_cycles_samples"].value() == "64"
    assert form["profile"].value() == "blender-4.5"


def test_each_value_says_where_it_comes_from(alices_page, scene):
    fields = alices_page.get(f"/scenes/{scene.pk}/part/").context["form"].fields

    assert {name: field.origin for name, field in fields.items()} == {
        "frames": "from file",
        "blend_ratio": "from file",
        "profile": "from file",
        "blend_camera": "from file",
        "blend_cycles_samples": "from file",
        "blend_format": "from file",
        "blend_slicing": "default",
        "name": "default",
        "stop_at": "default",
        "priority": "default",
    }


def test_an_order_leads_to_its_render(alices_page, scene):
    answer = order(alices_page, scene, frames="1,5,9", blend_cycles_samples="8")

    job = Job.objects.get()
    assert answer["Location"] == f"/renders/{job.pk}/"
    assert (job.frames, job.frame_count) == ("1,5,9", 3)
    assert (job.constants["BLEND_CYCLES_SAMPLES"], job.constants["BLEND_CAMERA"]) == ("8", "Wide")


def test_htmx_is_led_there_as_a_whole_page(alices_page, scene):
    answer = alices_page.post(
        f"/scenes/{scene.pk}/order/",
        {"frames": "1", "blend_ratio": "50", "profile": "blender-4.5", "blend_format": "PNG", "name": "x"},
        headers={"HX-Request": "true"},
    )

    assert answer.headers["HX-Redirect"] == f"/renders/{Job.objects.get().pk}/"


def test_frames_that_cannot_be_read_are_refused_beside_their_field(alices_page, scene):
    answer = order(alices_page, scene, frames="1-3,apple")

    assert answer.status_code == 422
    assert "apple" in answer.context["form"].errors["frames"][0]
    assert 'id="order_frames_error"' in answer.content.decode()
    assert 'value="1-3,apple"' in answer.content.decode()
    assert not Job.objects.exists()


def test_tiles_are_a_choice_in_words(alices_page, scene):
    page = alices_page.get(f"/scenes/{scene.pk}/part/").content.decode()

    assert '<option value="2">2 × 2 tiles</option>' in page
    assert "Several machines render one picture." in page
    order(alices_page, scene, blend_slicing="2")
    assert Job.objects.get().constants["BLEND_SLICING"] == "2"


def test_a_silent_farm_is_said_and_asked_again(alices_page, scene, offers):
    offers()

    answer = alices_page.get(f"/scenes/{scene.pk}/part/")

    assert answer.context["form"] is None
    assert "The farm does not say at the moment" in answer.content.decode()
    assert f'hx-post="/scenes/{scene.pk}/order/version/" hx-trigger="load delay:5s, change"' in answer.content.decode()
    assert order(alices_page, scene).status_code == 503


def test_the_drop_zone_says_what_may_be_dropped(alices_page):
    page = alices_page.get("/renders/new/").content.decode()

    assert "POV-Ray" in page and ".pov or .ini" in page
    assert 'accept=".blend,.pov,.ini,.zip,.gz"' in page


def test_every_wrong_field_is_said_at_once(alices_page, scene):
    answer = order(alices_page, scene, frames="", blend_ratio="9000", blend_camera="Nobody", blend_format="GIF")

    assert set(answer.context["form"].errors) == {"frames", "blend_camera", "blend_format"}
    answer = order(alices_page, scene, frames="x", blend_ratio="9000")
    assert set(answer.context["form"].errors) == {"frames", "blend_ratio"}


def test_a_refused_order_keeps_what_was_typed_as_yours(alices_page, scene):
    form = order(alices_page, scene, frames="7-", blend_cycles_samples="12").context["form"]

    assert form["blend_cycles_samples"].value() == "12"
    assert form.fields["blend_cycles_samples"].origin == "yours"
    assert form.fields["blend_camera"].origin == "from file"


@pytest.mark.parametrize(
    "typed, said",
    [
        ("1-10,20-160x20", "18 frames: 1–10, 20–160 by 20"),
        ("5", "1 frame: 5"),
        ("1-", "not a frame"),
        ("", "No frames yet"),
    ],
)
def test_the_frame_list_is_said_back(alices_page, typed, said):
    assert said in alices_page.get("/frames-echo/", {"frames": typed}).content.decode()


def test_what_was_typed_is_never_markup(alices_page):
    assert "<img" not in alices_page.get("/frames-echo/", {"frames": "<img src=x>"}).content.decode()


def test_a_scene_being_checked_asks_again_by_itself(alices_page, scene):
    Scene.objects.update(state=SceneState.CHECKING)

    part = alices_page.get(f"/scenes/{scene.pk}/part/").content.decode()

    assert f'hx-get="/scenes/{scene.pk}/part/"' in part
    assert "Render</button>" not in part


def test_a_refused_scene_says_why_and_offers_no_order(alices_page, scene):
    Scene.objects.update(state=SceneState.REFUSED, problems=[{"id": "not_a_scene"}])

    answer = alices_page.get(f"/scenes/{scene.pk}/part/")

    assert answer.context["form"] is None
    assert answer.context["problems"][0].sentence in answer.content.decode()


def test_missing_files_are_named(alices_page, scene):
    assert "textures/wood.png" in alices_page.get(f"/scenes/{scene.pk}/part/").content.decode()


@pytest.mark.parametrize("address", ["/scenes/{0}/part/", "/renders/new/?scene={0}"])
def test_charlie_sees_no_scene_of_alices(scene, charlie, address):
    answer = signed_in(charlie).get(address.format(scene.pk))

    assert "Corridor" not in answer.content.decode()


def test_charlie_orders_nothing_of_alices_scene(scene, charlie):
    assert order(signed_in(charlie), scene).status_code == 404
    assert not Job.objects.exists()


def test_a_scene_in_the_address_that_is_no_uuid_shows_the_drop_zone(alices_page):
    assert alices_page.get("/renders/new/?scene=../../etc").status_code == 200


def test_the_demo_scene_is_copied_and_checked(alice, alices_page, monkeypatch):
    kept = {}
    monkeypatch.setattr(demo, "bucket_of", lambda account, name: FakeBucket(kept))

    answer = alices_page.post("/renders/new/")

    scene = Scene.objects.get()
    assert answer["Location"] == f"/renders/new/?scene={scene.pk}"
    assert kept == {f"{scene.pk}/basalt.blend": demo.DEMO_FILE.read_bytes()}
    assert scene.state == SceneState.CHECKING


def test_the_page_costs_the_same_however_many_scenes_there_are(alice, alices_page, django_assert_max_num_queries):
    Scene.objects.bulk_create(Scene(account=alice, name=f"s{n}", state=SceneState.READY) for n in range(40))

    with django_assert_max_num_queries(6):
        alices_page.get("/renders/new/")


class FakeBucket:
    def __init__(self, kept):
        self.kept = kept

    def put(self, key, content):
        self.kept[key] = content


def test_a_render_can_be_told_where_to_stop_and_when_to_go(alices_page, scene):
    page = alices_page.get(f"/scenes/{scene.pk}/part/").content.decode()
    order(alices_page, scene, stop_at="1.5", priority="low")

    job = Job.objects.get()
    assert (job.cap_seconds, job.priority) == (5400, "low")
    assert "When nothing else of mine waits" in page
    assert "You have 60 h free." in page
    details = alices_page.get(f"/renders/{job.pk}/").content.decode()
    assert "1.5 render hours" in details and "When nothing else of mine waits" in details


def test_without_a_limit_only_the_hours_end_a_render(alices_page, scene):
    order(alices_page, scene)

    job = Job.objects.get()
    assert (job.cap_seconds, job.priority) == (None, "normal")


def test_a_limit_that_is_no_number_of_hours_is_said_beside_its_field(alices_page, scene):
    for typed in ("soon", "0", "-1", "NaN", "1e99"):
        form = order(alices_page, scene, stop_at=typed).context["form"]
        assert form.errors == {"stop_at": ["Give a number of hours, such as 2 or 0.5, or leave it empty."]}
        assert form.has_trouble_below
    assert not Job.objects.exists()


def test_a_software_that_costs_more_says_so_before_it_is_ordered(alices_page, scene, offers):
    offers(blender(rate=1.5))

    page = alices_page.get(f"/scenes/{scene.pk}/part/").content.decode()

    assert "An hour of rendering costs 1.5 render hours with Blender." in page
