"""The white paper's script as it stands, buckets and all: real SDK, real farm door, real S3 door, real store."""

import pytest

from farm.models import Bucket, Task
from farm.storage import backing
from tests.storage.conftest import door_process

__all__ = ["door_process"]


@pytest.fixture
def script(alice, connect, door_process, settings):
    settings.S3_DOOR_URL = door_process.url
    return connect(alice)


def test_the_script_of_the_white_paper_brings_the_pictures_home(script, alice, machine, tmp_path):
    task = script.create_task("name", "blender-4.5", 0)
    task.advanced_range = "1-2"
    bucket = script.retrieve_or_create_bucket("INPUT_BUCKET")
    bucket.add_string("a scene", "scene.blend")
    task.resources.append(bucket)
    task.results = script.create_bucket("BUCKET_OUT")
    task.constants["BLEND_FILE"] = "scene.blend"
    task.submit()

    picture = tmp_path / "picture"
    for number in (1, 2):
        attempt = machine.begin(task.uuid, number)
        picture.write_bytes(b"frame %d" % number)
        backing.upload(alice.pk, "BUCKET_OUT", f"000{number}.png", picture)
        machine.ends(attempt, results=[f"000{number}.png"])
    Task.objects.filter(pk=task.uuid).update(results_count=2)
    assert task.wait(timeout=20)
    task.download_results(str(tmp_path / "out"))

    assert (tmp_path / "out" / "0001.png").read_bytes() == b"frame 1"
    assert (tmp_path / "out" / "0002.png").read_bytes() == b"frame 2"
    assert Task.objects.get().resource_buckets[0]["bucketName"] == "INPUT_BUCKET"


def test_only_a_part_of_a_bucket_can_be_asked_for(script):
    task = script.create_task("name", "blender-4.5", 1)
    bucket = script.create_bucket("LIBRARY")
    task.resources.append(bucket.with_filtering(_prefix("shots/")).with_cache_ttl(60))
    task.submit()

    (stored,) = Task.objects.get().resource_buckets
    assert stored == {
        "bucketName": "LIBRARY",
        "filtering": {"prefixFiltering": {"prefix": "shots/"}},
        "resourcesTransformation": {},
        "cacheTTLSec": 60,
    }


def _prefix(prefix):
    from qarnot.advanced_bucket import BucketPrefixFiltering

    return BucketPrefixFiltering(prefix)


def test_a_retrieved_task_knows_its_buckets(script):
    task = script.create_task("name", "blender-4.5", 1)
    task.resources.append(script.create_bucket("IN"))
    task.results = script.create_bucket("OUT")
    task.submit()

    found = script.retrieve_task(task.uuid)

    assert [bucket.uuid for bucket in found.resources] == ["IN"]
    assert found.results.uuid == "OUT"
    assert Bucket.objects.count() == 2
