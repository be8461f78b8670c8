"""Buckets laid together in a job folder, whatever their keys are called."""

import pytest

from farm.node import staging
from farm.node.staging import safe_path


@pytest.fixture
def stage(tmp_path):
    def run(task):
        folder = tmp_path / "around" / "job"
        folder.mkdir(parents=True)
        plan = staging.stage(task, folder, lambda: False)
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return files, plan

    return run


@pytest.mark.django_db
def test_the_last_bucket_wins_and_prefixes_are_filtered_then_stripped(alice, order, put_object, stage):
    put_object(alice, "first", "scene.blend", b"old")
    put_object(alice, "first", "textures/wood.png", b"wood")
    put_object(alice, "second", "film/scene.blend", b"new")
    put_object(alice, "second", "other/notes.txt", b"not mine")
    second = {
        "bucketName": "second",
        "filtering": {"prefixFiltering": {"prefix": "film/"}},
        "resourcesTransformation": {"stripPrefix": {"prefix": "film/"}},
    }

    files, _ = stage(order(alice, [1], resource_buckets=[{"bucketName": "first"}, second]))

    assert files == {"scene.blend": b"new", "textures/wood.png": b"wood"}


@pytest.mark.django_db
def test_keys_made_hostile_by_a_stripped_prefix_stay_outside(alice, order, put_object, stage, tmp_path):
    put_object(alice, "hostile", "x..", b"1")
    put_object(alice, "hostile", "xok.png", b"2")
    stripped = {"bucketName": "hostile", "resourcesTransformation": {"stripPrefix": {"prefix": "x"}}}

    files, plan = stage(order(alice, [1], resource_buckets=[stripped]))

    assert files == {"ok.png": b"2"}
    assert plan.left_out == ["x.."]
    assert [path.name for path in (tmp_path / "around").iterdir()] == ["job"]


@pytest.mark.django_db
def test_one_persons_bucket_is_not_anothers(alice, charlie, order, put_object, stage):
    put_object(alice, "in", "secret.blend", b"alice's")

    files, _ = stage(order(charlie, [1], resource_buckets=[{"bucketName": "in"}]))

    assert files == {}


@pytest.mark.django_db
def test_a_prefix_does_not_climb_out_of_its_bucket(alice, charlie, order, put_object, stage):
    put_object(alice, "in", "secret.blend", b"alice's")
    put_object(charlie, "in", "own.blend", b"charlie's")
    climbing = {"prefixFiltering": {"prefix": f"../../{alice.pk}/in/"}}

    with pytest.raises(staging.StagingFailed, match=r"can't hold “.” or “..”"):
        stage(order(charlie, [1], resource_buckets=[{"bucketName": "in", "filtering": climbing}]))


@pytest.mark.django_db
def test_a_file_that_is_a_folder_elsewhere_is_a_clash_in_words(alice, order, put_object, stage):
    put_object(alice, "first", "textures", b"file")
    put_object(alice, "second", "textures/wood.png", b"wood")

    with pytest.raises(staging.StagingFailed, match="is a file elsewhere"):
        stage(order(alice, [1], resource_buckets=[{"bucketName": "first"}, {"bucketName": "second"}]))


@pytest.mark.parametrize(
    "key",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "./x",
        "..",
        "",
        "a/",
        "new\nline",
        "\x1b[31m",
        "n" * 256,
        "d/" * 1500,
    ],
)
def test_a_key_that_is_no_path_below_the_folder_has_no_place(key):
    assert safe_path(key) is None


@pytest.mark.parametrize("key", ["scene.blend", "тёплый свет/ö.png", "a b/c…d.exr", "..hidden", "9.41\u202fPM.png"])
def test_an_ordinary_key_is_its_own_path(key):
    assert safe_path(key) == key


@pytest.mark.django_db
def test_one_bucket_may_come_several_times_and_a_prefix_may_be_a_whole_key(alice, order, put_object, stage):
    for key in ("textures/wood.png", "textures/stone.png", "scene.blend", "other/notes.txt"):
        put_object(alice, "library", key, key.encode())
    put_object(alice, "scene", "scene.blend", b"the scene's own")
    of_library = [
        {"bucketName": "library", "filtering": {"prefixFiltering": {"prefix": prefix}}}
        for prefix in ("textures/wood.png", "scene.blend", "textures/wood.png", "nothing/here")
    ]

    files, plan = stage(order(alice, [1], resource_buckets=[*of_library, {"bucketName": "scene"}]))

    assert files == {"textures/wood.png": b"textures/wood.png", "scene.blend": b"the scene's own"}
    assert plan.total_bytes == len(b"textures/wood.png") + len(b"the scene's own")


@pytest.mark.django_db
def test_what_differs_by_its_content_is_what_changed(alice, order, put_object):
    put_object(alice, "in", "same.png", b"same")
    put_object(alice, "in", "changed.png", b"1234")
    task = order(alice, [1], resource_buckets=[{"bucketName": "in"}])
    before = staging.plan_of(task)

    put_object(alice, "in", "same.png", b"same")
    put_object(alice, "in", "changed.png", b"4321")
    put_object(alice, "in", "new.png", b"new")

    assert set(staging.plan_of(task).since(before).objects) == {"changed.png", "new.png"}
