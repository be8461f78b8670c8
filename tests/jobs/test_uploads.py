"""Files from a browser straight to the store, against a real one."""

import json

import pytest
import requests
from django.utils import timezone

from jobs import qarnot_access
from jobs.buckets import UploadGone, bucket_of
from jobs.domain import scenes, uploads
from jobs.enums import SceneState, UploadState, Where
from jobs.models import QarnotAccess, Upload

MEBIBYTE = 1024 * 1024
TWO_PARTS = 16 * MEBIBYTE + 5


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def post(browser, address, **body):
    answer = browser.post(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def begun(browser, scene, path="scene.blend", size=TWO_PARTS, fingerprint="f1"):
    return post(browser, f"/scenes/{scene.pk}/uploads/", path=path, size=size, fingerprint=fingerprint)


def put_parts(browser, upload, content, *numbers):
    _, signed = post(browser, f"/uploads/{upload['id']}/sign/", parts=list(numbers))
    size = upload["part_size"]
    for number, url in signed["urls"].items():
        part = content[(int(number) - 1) * size : int(number) * size]
        requests.put(url, data=part, timeout=30).raise_for_status()


def test_a_file_of_two_parts_arrives_whole(browser, alice, upload_room):
    content = bytes(range(256)) * 65536 + b"tail!"
    _, upload = begun(browser, upload_room)
    put_parts(browser, upload, content, 1, 2)

    status, said = post(browser, f"/uploads/{upload['id']}/complete/")

    assert (status, said) == (200, {"state": "completed"})
    assert bucket_of(alice, "scenes").read(f"{upload_room.pk}/scene.blend") == content


def test_a_closed_tab_goes_on_with_the_parts_that_are_there(browser, upload_room):
    content = b"x" * TWO_PARTS
    _, first = begun(browser, upload_room)
    put_parts(browser, first, content, 2)

    _, again = begun(browser, upload_room)

    assert again["id"] == first["id"]
    assert again["done_parts"] == [2]
    assert browser.get("/uploads/open/").json()["uploads"][0]["fingerprint"] == "f1"


def test_another_file_of_the_same_name_begins_anew(browser, upload_room):
    _, first = begun(browser, upload_room)
    put_parts(browser, first, b"x" * TWO_PARTS, 1)

    _, other = begun(browser, upload_room, fingerprint="f2")

    assert other["done_parts"] == []
    assert Upload.objects.get().fingerprint == "f2"


def test_the_store_refuses_a_part_of_another_length(browser, upload_room):
    _, upload = begun(browser, upload_room)
    _, signed = post(browser, f"/uploads/{upload['id']}/sign/", parts=[2])

    answer = requests.put(signed["urls"]["2"], data=b"far more than five", timeout=30)

    assert answer.status_code == 403


def test_a_file_with_a_hole_is_not_complete(browser, upload_room):
    _, upload = begun(browser, upload_room)
    put_parts(browser, upload, b"x" * TWO_PARTS, 2)

    status, said = post(browser, f"/uploads/{upload['id']}/complete/")

    assert (status, said["missing"]) == (409, [1])
    assert Upload.objects.get().state == UploadState.OPEN


def test_completing_twice_is_completing_once(browser, upload_room):
    _, upload = begun(browser, upload_room, size=3)
    put_parts(browser, upload, b"abc", 1)

    answers = [post(browser, f"/uploads/{upload['id']}/complete/")[0] for _ in range(2)]

    assert answers == [200, 200]


def test_an_empty_file_is_there_at_once(browser, alice, upload_room):
    _, upload = begun(browser, upload_room, size=0)

    assert upload["state"] == "completed"
    assert bucket_of(alice, "scenes").size_of(f"{upload_room.pk}/scene.blend") == 0


def test_an_upload_left_off_frees_its_parts(browser, alice, upload_room):
    _, upload = begun(browser, upload_room)
    put_parts(browser, upload, b"x" * TWO_PARTS, 1)

    post(browser, f"/uploads/{upload['id']}/abort/")

    row = Upload.objects.get()
    assert row.state == UploadState.ABORTED
    with pytest.raises(UploadGone):
        bucket_of(alice, "scenes").parts(f"{upload_room.pk}/scene.blend", row.s3_upload_id)


def test_what_nobody_came_back_to_is_freed_by_the_sweep(browser, upload_room):
    begun(browser, upload_room)
    Upload.objects.update(touched_at="2020-01-01T00:00:00Z")

    uploads.abort_idle()

    assert Upload.objects.get().state == UploadState.ABORTED


@pytest.mark.parametrize("path", ["../../etc/passwd", "..", "a/../b", "", "a" * 5000])
def test_a_path_that_climbs_is_refused(browser, upload_room, path):
    status, _ = begun(browser, upload_room, path=path)

    assert status == 400
    assert not Upload.objects.exists()


def test_two_names_that_differ_only_in_capitals_are_refused(browser, upload_room):
    begun(browser, upload_room, path="textures/Wood.png", size=3)

    status, said = begun(browser, upload_room, path="textures/wood.png", size=3)

    assert (status, said["problem"]) == (
        400,
        "textures/wood.png and textures/Wood.png differ only in capitals. Rename one of them.",
    )


@pytest.mark.parametrize("path", [".DS_Store", "scene.blend1", "__MACOSX/._scene.blend"])
def test_what_systems_leave_behind_is_left_out(browser, upload_room, path):
    assert begun(browser, upload_room, path=path)[1]["state"] == "dropped"


def test_a_scene_is_checked_when_all_of_it_is_there(browser, upload_room):
    _, upload = begun(browser, upload_room, size=3)
    too_early, _ = post(browser, f"/scenes/{upload_room.pk}/uploaded/")
    put_parts(browser, upload, b"abc", 1)
    post(browser, f"/uploads/{upload['id']}/complete/")

    status, said = post(browser, f"/scenes/{upload_room.pk}/uploaded/")

    assert (too_early, status, said["state"]) == (400, 200, "checking")


def test_a_scene_that_is_complete_takes_no_more_files(browser, scene):
    status, said = begun(browser, scene)

    assert (status, said["problem"]) == (400, "This scene is complete. Begin a new render to add files.")


def test_no_limit_is_passed(browser, upload_room):
    status, said = begun(browser, upload_room, size=200 * 1024**3 + 1)

    assert (status, said["problem"]) == (400, "This file is larger than a scene may be (200 GB).")


def test_five_gigabytes_have_parts_that_s3_takes():
    size = 5 * 1024 * MEBIBYTE * 1024

    assert -(-size // uploads.part_size(size)) <= uploads.MOST_PARTS


def test_a_new_scene_has_a_plain_name(browser):
    _, said = post(browser, "/scenes/", name="bas\u202ealt\x07 <b>")

    scene = scenes.Scene.objects.get(pk=said["id"])
    assert (scene.name, scene.state) == ("basalt <b>", SceneState.UPLOADING)


def test_a_small_file_cannot_be_begun_anew_as_one_that_does_not_fit(browser, upload_room):
    begun(browser, upload_room, path="cache.vdb", size=200 * 1024**3 - 5)
    begun(browser, upload_room, path="scene.blend", size=5)

    status, said = begun(browser, upload_room, path="scene.blend", size=6)

    assert status == 400
    assert "at most 200 GB" in str(said)
    assert Upload.objects.get(path="scene.blend").size_bytes == 5


def test_one_left_off_at_qarnot_whose_token_is_gone_keeps_no_other_from_being_freed(upload_room, alice, at_qarnot):
    away = scenes.create(alice, "away", Where.QARNOT)
    for room in (away, upload_room):
        uploads.begin(room, "scene.blend", 3, "f")
    Upload.objects.update(touched_at=timezone.now() - 2 * uploads.IDLE_FOR)
    qarnot_access.forget(alice)

    uploads.abort_idle()

    assert set(Upload.objects.values_list("state", flat=True)) == {UploadState.ABORTED}


def test_one_left_off_at_a_silent_storage_keeps_no_other_from_being_freed(upload_room, alice, at_qarnot):
    away = scenes.create(alice, "away", Where.QARNOT)
    for room in (away, upload_room):
        uploads.begin(room, "scene.blend", 3, "f")
    Upload.objects.update(touched_at=timezone.now() - 2 * uploads.IDLE_FOR)
    QarnotAccess.objects.update(storage_url="http://127.0.0.1:1")

    uploads.abort_idle()

    assert Upload.objects.get(scene=upload_room).state == UploadState.ABORTED
    assert Upload.objects.get(scene=away).touched_at > timezone.now() - uploads.IDLE_FOR


def test_a_file_for_qarnot_is_not_tried_for_ever_where_the_token_is_gone_or_refused(browser, alice, at_qarnot, store):
    away = scenes.create(alice, "away", Where.QARNOT)
    qarnot_access.keep(alice, "another", email="nobody", storage_url=store)
    assert begun(browser, away) == (
        400, {"problem": "Qarnot does not accept the token any more. Give a new one on the Account page."}
    )  # fmt: skip

    qarnot_access.forget(alice)
    status, said = begun(browser, away)

    assert (status, said["problem"][:38]) == (400, "There is no Qarnot token on your accou")
