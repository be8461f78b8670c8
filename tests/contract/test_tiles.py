"""A picture rendered in tiles by several instances, put together without a seam, by the unmodified SDK."""

import io
import subprocess

import numpy as np
import pytest
from PIL import Image
from qarnot.exceptions import QarnotGenericException

from farm.engines import profiles
from tests.contract.orders import finished, results_of, until

MAKE_SCENES = """
import os, sys, bpy
def begin():
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 4
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 101, 67
    return scene
def save(name):
    bpy.ops.wm.save_as_mainfile(filepath=os.path.join(sys.argv[1], name))
begin()
save("still.blend")
scene = begin()
scene.use_nodes = True
scene.node_tree.nodes.new("CompositorNodeBlur")
save("composited.blend")
sys.stdout.flush(); os._exit(0)
"""


@pytest.fixture(scope="session")
def stills(tmp_path_factory):
    profile = profiles.find("blender-4.5")
    if not profile.is_installed:
        pytest.skip("blender-4.5 is not installed: manage.py engine install blender-4.5")
    folder = tmp_path_factory.mktemp("stills")
    command = [str(profile.python), "-c", MAKE_SCENES, str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return folder


@pytest.fixture
def still(orders, stills):
    """`still("1", BLEND_SLICING="2")`: a task of the scene, not submitted."""

    def order(frames, scene="still.blend", **constants):
        bucket = orders.bucket("stills")
        orders.put(bucket, scene, stills / scene)
        task = orders.task("blender-4.5", frames, constants={"BLEND_FILE": scene, **constants})
        task.resources = [bucket]
        return task

    return order


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def told(alice, task):
    return alice.ask("GET", f"/tasks/{task.uuid}").json()


def test_a_still_in_tiles_is_the_whole_pixel_for_pixel(still):
    whole = finished(still("1"))
    in_tiles = finished(still("1", BLEND_SLICING="2"))

    assert in_tiles.state == "Success"
    expected, pictures = results_of(whole), results_of(in_tiles)
    assert list(pictures) == ["0001.png"]
    assert np.array_equal(pixels(pictures["0001.png"]), pixels(expected["0001.png"]))


def test_each_tile_and_each_joining_is_an_instance(alice, still):
    task = finished(still("3,7", BLEND_SLICING="2", BLEND_W="16", BLEND_H="16"))

    facts = told(alice, task)
    assert (facts["advancedRanges"], facts["totalInstanceCount"]) == ("3,7", 10)
    parts = [
        (one["instanceId"], one["frameId"], one["part"], one["tileSide"])
        for one in sorted(facts["completedInstances"], key=lambda one: one["instanceId"])
    ]
    assert parts == [(frame * 5 + part, frame, part, 2) for frame in (3, 7) for part in range(5)]
    assert list(results_of(task)) == ["0003.png", "0007.png"]


def test_an_untiled_instance_is_its_frame(alice, still):
    task = finished(still("4", BLEND_W="16", BLEND_H="16"))

    done = told(alice, task)["completedInstances"][0]
    assert (done["instanceId"], done["frameId"], done["part"], done["tileSide"]) == (4, 4, 0, 1)


def test_the_picture_goes_where_the_results_go_and_the_white_list_holds(still):
    task = still("1", BLEND_SLICING="2", BLEND_W="16", BLEND_H="16")
    task.results_whitelist = r"\.png$"

    finished(task)

    assert list(results_of(task)) == ["0001.png"]


def test_what_can_not_be_cut_fails_in_a_sentence(alice, still):
    task = finished(still("1", scene="composited.blend", BLEND_SLICING="2"))

    assert task.state == "Failure"
    by_code = {error["code"]: error["message"] for error in told(alice, task)["errors"]}
    assert "The scene has a compositor, which works on the whole picture." in by_code["TILES_REFUSED"]
    assert "The picture of frame 1 can't be put together, because its tile" in by_code["TILES_FAILED"]


@pytest.mark.parametrize(
    ("slicing", "words"), [("two", "BLEND_SLICING has to be a whole number from 1 to 16"), ("17", "from 1 to 16")]
)
def test_tiles_that_make_no_sense_are_refused(still, slicing, words):
    with pytest.raises(QarnotGenericException, match=words):
        still("1", BLEND_SLICING=slicing).submit()


def test_more_instances_than_a_task_may_have_are_refused(still):
    with pytest.raises(QarnotGenericException, match=r"Its 1,000 frames in tiles are 17,000 instances"):
        still("1-1000", BLEND_SLICING="4").submit()


def test_tiles_need_a_bucket_to_lie_in(still):
    task = still("1", BLEND_SLICING="2")
    task.results = None

    with pytest.raises(QarnotGenericException, match=r"needs a resultBucket"):
        task.submit()


def test_a_step_leaves_out_frames(alice, still):
    task = finished(still("1-9", BLEND_FRAME_STEP="4", BLEND_W="16", BLEND_H="16"))

    assert list(results_of(task)) == ["0001.png", "0005.png", "0009.png"]
    assert told(alice, task)["totalInstanceCount"] == 3


def test_charlie_sees_no_tile(charlie, still):
    task = still("1", BLEND_SLICING="2", BLEND_CYCLES_SAMPLES="100000")
    task.submit()
    until(task, lambda task: task.status and task.status.running_instances_info.per_running_instance_info)

    assert charlie.ask("GET", f"/tasks/{task.uuid}").status_code == 404
    task.abort()
