"""The order form is made from the profile's constants: of the version chosen, and of whatever software."""

import pytest

from jobs.domain.scene_facts import SceneFacts
from jobs.enums import SceneState
from jobs.models import Job, Scene
from tests.pages.conftest import signed_in
from tests.profiles_on_offer import PLAIN_BLENDER, blender


def choose(client, scene, version, **typed):
    fields = {"frames": "1-24", "blend_ratio": "50", "profile": version, "name": "Corridor"}
    return client.post(f"/scenes/{scene.pk}/order/version/", fields | typed)


def test_another_version_asks_its_own_form_and_keeps_what_was_typed(alices_page, scene):
    answer = choose(alices_page, scene, "blender-5.2", frames="1,2", blend_ratio="25")

    form = answer.context["form"]
    assert (form["profile"].value(), form["frames"].value(), form["blend_ratio"].value()) == (
        "blender-5.2",
        "1,2",
        "25",
    )
    assert (form.fields["profile"].origin, form.fields["frames"].origin) == ("yours", "yours")
    assert form.fields["blend_camera"].origin == "from file"
    assert not form.errors
    assert not Job.objects.exists()


def test_a_newer_version_than_the_files_says_what_may_happen(alices_page, scene):
    page = choose(alices_page, scene, "blender-5.2").content.decode()

    assert "The file was saved by Blender 4.5. A newer one opens it, but light and materials may look different" in page


def test_an_older_version_than_the_files_says_what_is_lost(alices_page, scene):
    facts = scene.facts | {"software_version": "5.2.0"}
    Scene.objects.update(facts=facts)

    page = choose(alices_page, scene, "blender-4.5").content.decode()

    assert "An older one loses what it does not know yet" in page


def test_the_files_own_version_needs_no_words(alices_page, scene):
    assert "The file was saved by" not in choose(alices_page, scene, "blender-4.5").content.decode()


def test_what_was_typed_and_the_other_version_does_not_know_falls_back_to_the_file(alices_page, scene):
    form = choose(alices_page, scene, "blender-5.2", blend_format="GIF").context["form"]

    assert form["blend_format"].value() == "PNG"


def test_a_version_that_no_machine_has_is_shown_and_cannot_be_chosen(alices_page, scene, offers):
    offers(blender(), blender("5.2", "5.2.3", isAvailable=False))

    page = alices_page.get(f"/scenes/{scene.pk}/part/").content.decode()

    assert '<option value="blender-5.2" disabled>Blender 5.2.3 (on no machine at the moment)</option>' in page


def test_charlie_gets_no_form_of_alices_scene(scene, charlie):
    assert choose(signed_in(charlie), scene, "blender-5.2").status_code == 404


@pytest.fixture
def wooden_box(alice):
    facts = SceneFacts(
        software_version="3.7", frame_start=0, frame_end=20, width=800, height=600, is_confirmed=True,
        main_files=["woodbox.pov"],
    )  # fmt: skip
    return Scene.objects.create(
        account=alice, name="Wooden box", software="povray", main_file="woodbox.pov", state=SceneState.READY,
        facts=facts.to_json(),
        problems=[{"id": "renderer", "sentence": "stones.inc is missing.", "remedy": "Drop it.", "severity": "warns"}],
    )  # fmt: skip


def test_a_scene_of_other_software_gets_the_form_of_its_own_constants(alices_page, wooden_box):
    answer = alices_page.get(f"/scenes/{wooden_box.pk}/part/")

    form = answer.context["form"]
    assert list(form.fields) == ["stop_at", "priority", "frames", "profile", "name", "povray_w", "povray_h"]
    assert (form["povray_w"].value(), form.fields["povray_w"].origin) == ("800", "from file")
    page = answer.content.decode()
    assert "a POV-Ray 3.7 scene" in page
    assert "stones.inc is missing." in page and "Drop it." in page
    assert "Blender" not in page


def test_an_order_of_other_software_names_its_main_file(alices_page, wooden_box):
    fields = {"frames": "0-20", "profile": "povray-3.7", "povray_w": "640", "povray_h": "480", "name": "Box"}

    alices_page.post(f"/scenes/{wooden_box.pk}/order/", fields)

    job = Job.objects.get()
    assert job.constants == {"POVRAY_FILE": "woodbox.pov", "POVRAY_W": "640", "POVRAY_H": "480"}
    assert job.makes_pictures


def test_qarnots_plain_profile_is_ordered_by_its_texts(alices_page, scene, offers):
    offers(PLAIN_BLENDER)
    fields = {"frames": "1", "profile": "blender-3.6", "blend_format": "EXR", "blend_cycles_samples": "8", "name": "x"}

    alices_page.post(f"/scenes/{scene.pk}/order/", fields)

    constants = Job.objects.get().constants
    assert (constants["BLEND_FORMAT"], constants["BLEND_CYCLES_SAMPLES"]) == ("EXR", "8")
