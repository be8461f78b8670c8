"""Add-ons: brought from a browser, read in the real sandbox without running any of them, used by renders."""

import io
import json
import zipfile

import pytest
import requests
from django.utils import timezone

from jobs.buckets import bucket_of
from jobs.domain import add_on_check, add_ons, submission
from jobs.domain.orders import Order, OrderRefused
from jobs.enums import AddOnState, JobState
from jobs.farms import Resource
from jobs.models import AddOn, Job
from jobs.problems import explain

LEGACY = 'bl_info = {"name": "Paint all red", "version": (1, 2), "blender": (3, 6, 0)}\nraise SystemExit("it ran")\n'
MANIFEST = """
schema_version = "1.0.0"
id = "paint_red"
version = "2.0.1"
name = "Paint red"
type = "add-on"
blender_version_min = "4.2.0"
"""


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return content.getvalue()


def brought(account, content, name="paint.zip", scene=None):
    add_on = add_ons.create(account, name, scene)
    key = f"add-ons/{add_on.pk}/{add_ons.upload_path(add_on)}"
    bucket_of(account, "add-ons").put(key, content)
    AddOn.objects.filter(pk=add_on.pk).update(state=AddOnState.CHECKING, key=key, due_at=timezone.now())
    add_on_check.check(add_on)
    add_on.refresh_from_db()
    return add_on


def problem_of(add_on):
    assert add_on.state == AddOnState.REFUSED
    return add_on.problem["id"]


def test_an_add_on_of_the_old_kind_is_read_and_not_run(alice, store):
    add_on = brought(alice, zipped({"paint_red/__init__.py": LEGACY, "paint_red/ui.py": "x = 1"}))

    assert (add_on.state, add_on.name, add_on.version) == (AddOnState.READY, "Paint all red", "1.2")
    assert (add_on.module, add_on.least_blender) == ("paint_red", "3.6")


def test_an_extension_is_read_from_its_manifest(alice, store):
    add_on = brought(alice, zipped({"blender_manifest.toml": MANIFEST, "__init__.py": "def register(): pass"}))

    assert (add_on.name, add_on.version, add_on.module, add_on.least_blender) == (
        "Paint red", "2.0.1", "paint_red", "4.2",
    )  # fmt: skip


def test_one_that_is_both_works_from_the_older_blender_on(alice, store):
    add_on = brought(alice, zipped({"paint/blender_manifest.toml": MANIFEST, "paint/__init__.py": LEGACY}))

    assert (add_on.module, add_on.least_blender) == ("paint_red", "3.6")


@pytest.mark.parametrize(
    "files, problem",
    [
        ({"wood.png": "x"}, "add_on_none"),
        ({"__init__.py": LEGACY}, "add_on_loose"),
        ({"paint-main/addon/paint/__init__.py": LEGACY}, "add_on_too_deep"),
        ({"paint/__init__.py": "import bpy"}, "add_on_unreadable"),
        ({"paint/__init__.py": "bl_info = make()"}, "add_on_unreadable"),
        ({"paint/__init__.py": "bl_info = {" * 5000}, "add_on_unreadable"),
        ({"paint/__init__.py": 'bl_info = {"name": "x", "blender": (2, 79, 0)}'}, "add_on_too_old"),
        ({"blender_manifest.toml": MANIFEST.replace('"add-on"', '"theme"')}, "add_on_other_extension"),
        ({"blender_manifest.toml": MANIFEST + 'platforms = ["windows-x64"]'}, "add_on_other_system"),
        ({"blender_manifest.toml": "id = ["}, "add_on_unreadable"),
    ],
)
def test_what_is_wrong_is_said(alice, store, files, problem):
    assert problem_of(brought(alice, zipped(files))) == problem


def test_what_is_no_zip_is_said(alice, store):
    assert problem_of(brought(alice, b"PK\x03\x04 cut off")) == "add_on_damaged"


def test_a_bomb_is_not_unpacked(alice, store):
    add_on = brought(alice, zipped({"paint/__init__.py": LEGACY, "paint/zeros": b"\0" * (100 * 1024 * 1024)}))

    assert problem_of(add_on) == "add_on_too_large"
    assert "1 GB" in explain(add_on.problem).sentence


def test_a_source_that_unpacks_without_end_is_not_read_to_its_end(alice, store):
    long = 'bl_info = {"name": "x"}\n' + "#" * (8 * 1024 * 1024)

    assert problem_of(brought(alice, zipped({"paint/__init__.py": long}))) == "add_on_unreadable"


def test_what_it_says_of_itself_is_shown_as_plain_text(alice, store):
    hostile = 'bl_info = {"name": "<b>x</b>\\u202e\\x00", "version": "' + "9" * 500 + '"}'

    add_on = brought(alice, zipped({"paint/__init__.py": hostile}))

    assert (add_on.name, len(add_on.version)) == ("<b>x</b>", 40)


def test_a_problem_in_its_own_words_is_plain_text_too(alice, store):
    hostile = MANIFEST + 'platforms = ["windows\\u0000\\u202e-x64"]'

    add_on = brought(alice, zipped({"blender_manifest.toml": hostile}))

    assert (problem_of(add_on), add_on.problem["systems"]) == ("add_on_other_system", ["windows-x64"])


def test_a_zip_that_is_gone_from_the_bucket_is_given_up_after_an_hour(alice, store):
    add_on = add_ons.create(alice, "paint.zip")
    AddOn.objects.update(state=AddOnState.CHECKING, key=f"add-ons/{add_on.pk}/paint.zip", due_at=timezone.now())
    add_on_check.check(add_on)
    add_on.refresh_from_db()
    assert (add_on.state, add_on.check_count) == (AddOnState.CHECKING, 0)

    AddOn.objects.update(due_at=timezone.now(), created_at=timezone.now() - 2 * add_on_check.STORE_SILENT_FOR_AT_MOST)
    add_on_check.check(add_on)

    assert problem_of(add_on) == "add_on_check_failed"


def test_one_that_was_left_half_way_is_forgotten_with_its_zip(alice, store):
    add_on = add_ons.create(alice, "paint.zip")
    bucket_of(alice, "add-ons").put(f"add-ons/{add_on.pk}/paint.zip", b"arrived, and nobody said so")
    AddOn.objects.update(created_at=timezone.now() - 2 * add_ons.FORGOTTEN_AFTER)

    add_ons.forget_unfinished()

    assert not AddOn.objects.exists()
    assert bucket_of(alice, "add-ons").size_of(f"add-ons/{add_on.pk}/paint.zip") is None


def test_a_name_with_commas_can_stand_in_the_list_of_add_ons(alice, store):
    add_on = brought(alice, zipped({"paint/__init__.py": LEGACY}), name="../my, paint (1).zip")

    assert add_on.key == f"add-ons/{add_on.pk}/my-paint-1.zip"


def test_only_a_zip_is_taken(alice):
    with pytest.raises(add_ons.AddOnRefused, match=r"is a \.zip"):
        add_ons.create(alice, "paint.py")


def post(client, address, **body):
    answer = client.post(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_a_zip_travels_straight_to_the_store_and_is_checked(client, alice, store):
    client.force_login(alice)
    content = zipped({"paint/__init__.py": LEGACY})
    _, made = post(client, "/add-ons/create/", name="paint.zip")
    assert post(client, f"/add-ons/{made['id']}/uploaded/")[0] == 400

    _, upload = post(client, f"/add-ons/{made['id']}/uploads/", path=made["path"], size=len(content), fingerprint="f")
    _, signed = post(client, f"/uploads/{upload['id']}/sign/", parts=[1])
    requests.put(signed["urls"]["1"], data=content, timeout=30).raise_for_status()
    post(client, f"/uploads/{upload['id']}/complete/")
    assert post(client, f"/add-ons/{made['id']}/uploaded/")[1]["state"] == "checking"
    add_on = AddOn.objects.get()
    add_on_check.check(add_on)

    add_on.refresh_from_db()
    assert (add_on.state, add_on.size_bytes) == (AddOnState.READY, len(content))
    assert post(client, f"/add-ons/{made['id']}/uploads/", path="b.zip", size=3, fingerprint="f")[0] == 400


def ready(account, **more):
    pk = more.pop("pk", None)
    add_on = AddOn(account=account, name="Paint", state=AddOnState.READY, **more)
    add_on.pk = pk or add_on.pk
    add_on.key = f"add-ons/{add_on.pk}/paint.zip"
    add_on.save()
    return add_on


def ordered(scene, *chosen):
    return submission.order(
        scene, Order(profile="blender-4.5", frames="1", name="Hall", add_on_ids=tuple(str(one.pk) for one in chosen))
    )


def test_a_render_gets_the_zips_and_is_told_their_paths(alice, scene, farm):
    one, other = ready(alice), ready(alice)

    submission.submit(ordered(scene, one, other))

    order = farm.only_task().order
    assert list(order.resources)[:2] == [Resource("add-ons", one.key), Resource("add-ons", other.key)]
    assert order.constants["BLEND_ADDONS"] == f"{one.key},{other.key}"


def test_a_render_without_add_ons_says_nothing_of_them(scene, farm):
    submission.submit(ordered(scene))

    assert "BLEND_ADDONS" not in farm.only_task().order.constants


def test_always_on_and_brought_for_this_scene_are_chosen(alice, scene):
    ready(alice, is_on=True)
    own = ready(alice, scene=scene)
    left_out = ready(alice)

    offers = {offer.add_on.pk: offer.is_chosen for offer in add_ons.offered(scene)}

    assert list(offers.values()).count(True) == 2
    assert (offers[own.pk], offers[left_out.pk]) == (True, False)
    assert {offer.is_chosen for offer in add_ons.offered(scene, [])} == {False}


def test_those_brought_for_single_scenes_leave_room_on_the_accounts_page(alice, scene, monkeypatch):
    monkeypatch.setattr(add_ons, "MOST_ADD_ONS", 1)
    monkeypatch.setattr(add_ons, "MOST_OF_A_RENDER", 2)
    ready(alice, scene=scene)

    add_ons.create(alice, "mine.zip")
    add_ons.create(alice, "scenes.zip", scene)

    with pytest.raises(add_ons.AddOnRefused, match=r"at most 1 add-ons\. Delete one"):
        add_ons.create(alice, "more.zip")
    with pytest.raises(add_ons.AddOnRefused, match="A render uses at most 2"):
        add_ons.create(alice, "more.zip", scene)


def test_what_was_brought_for_another_scene_is_not_offered(alice, scene):
    from jobs.domain import scenes

    other = ready(alice, scene=scenes.create(alice, "other"))

    assert add_ons.offered(scene) == []
    assert list(add_ons.of_account(alice)) == []
    with pytest.raises(OrderRefused):
        ordered(scene, other)


def test_charlies_add_on_and_one_that_was_refused_cannot_be_used(alice, charlie, scene):
    for add_on in (ready(charlie), AddOn.objects.create(account=alice, name="x", state=AddOnState.REFUSED)):
        with pytest.raises(OrderRefused, match="One of the add-ons"):
            ordered(scene, add_on)


def test_an_add_on_is_deleted_with_its_zip_but_not_under_a_render(client, alice, store, scene):
    client.force_login(alice)
    add_on = brought(alice, zipped({"paint/__init__.py": LEGACY}))
    job = ordered(scene, add_on)

    assert "“Hall” is using it" in client.post(f"/add-ons/{add_on.pk}/delete/", follow=True).content.decode()
    Job.objects.filter(pk=job.pk).update(state=JobState.COMPLETED)
    client.post(f"/add-ons/{add_on.pk}/delete/")

    assert bucket_of(alice, "add-ons").size_of(add_on.key) is None
    assert not AddOn.objects.exists()
