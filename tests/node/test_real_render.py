"""A real scene through a shift: real Blender in its sandbox, real buckets."""

import pytest

import sandbox
from farm import output
from farm.models import TaskState
from tests.scenes import scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


def test_a_real_scene_becomes_pictures_in_the_bucket(alice, order, put_object, bucket_content, shift):
    blend = scene("clevr/image_generation/data/base_scene.blend").read_bytes()
    resource = put_object(alice, "in", "scenes/base_scene.blend", blend)
    resource["resourcesTransformation"] = {"stripPrefix": {"prefix": "scenes/"}}
    constants = {"BLEND_FILE": "base_scene.blend", "BLEND_CYCLES_SAMPLES": "1", "BLEND_RATIO": "20"}
    task = order(alice, [3, 7], resource_buckets=[resource], constants=constants)

    shift(render=None, tier=sandbox.self_test().tier).work()

    task.refresh_from_db()
    assert task.state == TaskState.SUCCESS, output.task_text(task, "stderr")[1]
    pictures = bucket_content(alice, "out")
    assert set(pictures) == {"0003.png", "0007.png"}
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    assert " 3> " in output.task_text(task, "stdout")[1]
