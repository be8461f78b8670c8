"""The scene check from the store to the card, by the real reader in the real sandbox."""

import io
import struct
import zipfile
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from django.utils import timezone

from jobs.buckets import bucket_of
from jobs.domain import scene_check, scenes
from jobs.enums import SceneState, Where
from jobs.models import Scene
from jobs.problems import explain
from tests.scenes import scene as real_scene

CLEVR = "clevr/image_generation/data/base_scene.blend"


@pytest.fixture(autouse=True)
def without_blender(settings):
    """Blender's own word has tests of its own (tests/engines)."""
    settings.SCENE_PROBE = ""


def checked(alice, files, main_file=""):
    scene = Scene.objects.create(
        account=alice, name="s", state=SceneState.CHECKING, due_at=timezone.now(), main_file=main_file
    )
    for path, content in files.items():
        bucket_of(alice, "scenes").put(scenes.key(scene, path), content)
    scene_check.check(scene)
    scene.refresh_from_db()
    return scene


def problems(scene):
    return [problem["id"] for problem in scene.problems]


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return content.getvalue()


def paths_of(alice, scene):
    prefix = f"{scene.pk}/"
    return {found.key.removeprefix(prefix) for found in bucket_of(alice, "scenes").list(prefix)}


def test_a_good_scene_is_ready_with_its_facts_and_picture(alice, store):
    scene = checked(alice, {"base_scene.blend": real_scene(CLEVR).read_bytes()})

    facts = scenes.facts(scene)
    assert (scene.state, scene.due_at) == (SceneState.READY, None)
    assert (facts.software_version, facts.frames_text, facts.engine_name) == ("2.77", "1-250", "Cycles")
    assert (facts.pixel_width, facts.pixel_height) == (160, 120)
    assert scene.checked_at


def test_the_files_own_picture_is_kept(alice, store):
    path = "gltf-io/tests/scenes/37_lamp_Cycles.blend"

    scene = checked(alice, {"lamp.blend": real_scene(path).read_bytes()})

    with scene.thumbnail.open() as file:
        assert file.read()[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a.blend": b""}, "empty_file"),
        ({"a.blend": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"}, "git_lfs_pointer"),
        ({"a.blend": b"\x89PNG\r\n"}, "not_a_blend"),
        ({"holiday.jpg": b"\xff\xd8\xff"}, "not_a_scene"),
        ({"a.txt": b"a", "b.txt": b"b"}, "no_scene"),
        ({"a.blend": b"BLENDER-v405" + b"\xff" * 200}, "damaged"),
        ({"a.blend": b"\x1f\x8b not gzip at all"}, "damaged"),
        ({"a.zip": b"PK\x03\x04 not a zip"}, "zip_damaged"),
    ],
)
def test_what_cannot_be_a_scene_gets_a_sentence(alice, store, files, problem):
    scene = checked(alice, files)

    assert (scene.state, problems(scene)) == (SceneState.REFUSED, [problem])
    assert "Traceback" not in explain(scene.problems[0]).sentence


def test_a_scene_without_a_camera_is_refused_with_everything_else_that_is_wrong(alice, store):
    path = "bat/tests/blendfiles/doubly_linked.blend"

    scene = checked(alice, {"doubly_linked.blend": real_scene(path).read_bytes()})

    assert scene.state == SceneState.REFUSED
    assert problems(scene) == ["no_camera", "missing_libraries", "movie_output"]


def test_a_zip_is_unpacked_beside_its_scene(alice, store):
    blend = real_scene("gltf-io/tests/scenes/01_missing_textures.blend").read_bytes()
    archive = {"project/scene.blend": blend, "__MACOSX/._scene.blend": "x", "project/notes é.txt": "n"}

    scene = checked(alice, {"project.zip": zipped(archive)})

    assert (scene.state, scene.main_file) == (SceneState.READY, "project/scene.blend")
    assert paths_of(alice, scene) == {"project/scene.blend", "project/notes é.txt"}
    assert problems(scene) == ["missing_files"]


def test_a_zip_cannot_climb_out_of_the_scene(alice, store):
    blend = real_scene(CLEVR).read_bytes()

    scene = checked(alice, {"a.zip": zipped({"a.blend": blend, "../../other/stolen.txt": "x", "/etc/passwd": "y"})})

    assert paths_of(alice, scene) == {"a.blend", "etc/passwd"}


def test_a_zip_that_unpacks_a_thousand_times_is_refused(alice, store):
    scene = checked(alice, {"bomb.zip": zipped({"a.blend": b"BLENDER" + b"\0" * (65 * 1024 * 1024)})})

    assert problems(scene) == ["zip_too_large"]


def test_a_locked_zip_is_refused(alice, store):
    content = bytearray(zipped({"a.blend": b"BLENDER"}))
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    struct.pack_into("<H", content, local + 6, 1)
    struct.pack_into("<H", content, central + 8, 1)

    assert problems(checked(alice, {"a.zip": bytes(content)})) == ["zip_encrypted"]


def test_of_several_scenes_the_likely_one_is_taken_and_another_can_be_chosen(alice, store):
    blend = real_scene(CLEVR).read_bytes()
    scene = checked(alice, {"lib/prop.blend": blend, "shot.blend": blend})
    assert (scene.main_file, problems(scene)) == ("shot.blend", ["several_scene_files"])

    scenes.choose_main_file(scene, "lib/prop.blend")
    scene_check.check(scene)

    scene.refresh_from_db()
    assert (scene.main_file, scene.state) == ("lib/prop.blend", SceneState.READY)


def test_a_check_that_never_ends_is_given_up(alice, store):
    scene = Scene.objects.create(
        account=alice, name="s", state=SceneState.CHECKING, due_at=timezone.now(), check_count=scene_check.MOST_CHECKS
    )

    scene_check.check(scene)

    scene.refresh_from_db()
    assert (scene.state, problems(scene)) == (SceneState.REFUSED, ["check_failed"])


def test_what_blender_knows_better_is_folded_in(alice, store, settings):
    settings.SCENE_PROBE = "tests.jobs.test_scene_check.blenders_word"

    scene = checked(alice, {"base_scene.blend": real_scene(CLEVR).read_bytes()})

    facts = scenes.facts(scene)
    assert facts.is_confirmed
    assert (facts.cameras, facts.view_layers) == (["Camera", "Second"], ["ViewLayer"])
    assert problems(scene) == ["missing_files", "blocked_scripts"]


def blenders_word(folder, main_file, family, line):
    return {
        "cameras": ["Camera", "Second"],
        "view_layers": ["ViewLayer"],
        "missing_files": ["//wood.png"],
        "blocked_scripts": ["rig.py"],
    }


def test_a_blender_that_fails_leaves_what_the_file_says(alice, store, settings):
    settings.SCENE_PROBE = "tests.jobs.test_scene_check.no_word"

    scene = checked(alice, {"base_scene.blend": real_scene(CLEVR).read_bytes()})

    assert (scene.state, problems(scene)) == (SceneState.READY, ["not_confirmed"])


def no_word(folder, main_file, family, line):
    return {"error": "Blender crashed."}


def store_that_is_down(account, name):
    raise EndpointConnectionError(endpoint_url="the store")


def test_a_store_that_is_down_is_said_on_the_card_and_tried_again(client, alice, store, settings):
    settings.ACCOUNT_STORAGE = "tests.jobs.test_scene_check.store_that_is_down"
    scene = Scene.objects.create(account=alice, name="s", state=SceneState.CHECKING, due_at=timezone.now())
    client.force_login(alice)

    scene_check.check(scene)

    scene.refresh_from_db()
    assert (scene.state, scene.check_count) == (SceneState.CHECKING, 0)
    assert scene.due_at > timezone.now()
    page = client.get(f"/scenes/{scene.pk}/part/").content.decode()
    assert "The storage does not answer" in page


def test_a_store_that_is_down_for_an_hour_ends_the_check(alice, store, settings):
    settings.ACCOUNT_STORAGE = "tests.jobs.test_scene_check.store_that_is_down"
    since = timezone.now() - timedelta(minutes=61)
    scene = Scene.objects.create(
        account=alice, name="s", state=SceneState.CHECKING, due_at=timezone.now(),
        problems=[{"id": "store_silent", "since": since.isoformat()}],
    )  # fmt: skip

    scene_check.check(scene)

    scene.refresh_from_db()
    assert (scene.state, problems(scene)) == (SceneState.REFUSED, ["check_failed"])
    assert "the storage did not answer for an hour" in explain(scene.problems[0]).sentence


def test_a_scene_at_qarnot_without_a_token_says_so_and_not_that_a_storage_is_silent(alice, store):
    scene = Scene.objects.create(
        account=alice, name="s", state=SceneState.CHECKING, due_at=timezone.now(), stored_at=Where.QARNOT
    )
    scene_check.check(scene)
    scene.refresh_from_db()
    assert "There is no Qarnot token on your account any more." in explain(scene.problems[0]).sentence

    since = timezone.now() - timedelta(minutes=61)
    Scene.objects.update(due_at=timezone.now(), problems=[{"id": "store_silent", "since": since.isoformat()}])
    scene_check.check(scene)

    scene.refresh_from_db()
    assert (scene.state, problems(scene)) == (SceneState.REFUSED, ["files_shut"])
    assert "our fault" not in explain(scene.problems[0]).remedy
