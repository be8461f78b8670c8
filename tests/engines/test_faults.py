"""Every way a frame fails has a code and a sentence for an artist."""

import signal
import time

import psutil
import pytest

import sandbox
from farm.engines.events import STOPPED, LogLine
from farm.engines.profile import InstanceOrder
from tests.scenes import scene

ENDLESS = {"BLEND_CYCLES_SAMPLES": "10000000"}

pytestmark = pytest.mark.engine


def test_a_scene_without_a_camera_gets_a_sentence(farm, made_scenes):
    outcome = farm.render(farm.stage(made_scenes / "no_camera.blend")).outcome

    assert outcome.error_code == "NO_CAMERA"
    assert "no active camera" in outcome.error_message
    assert outcome.is_final


def test_a_camera_that_is_not_there_is_answered_with_those_that_are(farm, made_scenes):
    outcome = farm.render(farm.stage(made_scenes / "two_cameras.blend"), BLEND_CAMERA="Far").outcome

    assert outcome.error_code == "CAMERA_UNKNOWN"
    assert "Camera, Close" in outcome.error_message


def test_a_missing_scene_is_answered_with_those_that_are_there(farm, made_scenes):
    farm.stage(made_scenes / "cube.blend")

    outcome = farm.render("shot.blend").outcome

    assert outcome.error_code == "SCENE_MISSING"
    assert "cube.blend" in outcome.error_message


@pytest.mark.parametrize("name", ["../secret.blend", "/etc/passwd", "link.blend"])
def test_a_scene_outside_the_job_is_not_opened(farm, made_scenes, name):
    (farm.job / "link.blend").symlink_to(made_scenes / "cube.blend")

    outcome = farm.render(name).outcome

    assert outcome.error_code == "SCENE_OUTSIDE"


def test_a_damaged_file_gets_a_sentence(farm):
    outcome = farm.render(farm.stage(scene("bat/tests/blendfiles/corrupt_only_magic.blend"))).outcome

    assert outcome.error_code == "SCENE_UNREADABLE"
    assert "damaged" in outcome.error_message


@pytest.mark.parametrize(
    ("constants", "code"),
    [
        ({"BLEND_RATIO": "half"}, "CONSTANT_UNREADABLE"),
        ({"BLEND_FORMAT": "GIF"}, "FORMAT_UNKNOWN"),
        ({"BLEND_ENGINE": "LUXCORE"}, "ENGINE_UNKNOWN"),
        ({"BLEND_SCENE": "Shot 2"}, "SCENE_NAME_UNKNOWN"),
    ],
)
def test_a_constant_that_cannot_be_met_is_named(farm, made_scenes, constants, code):
    outcome = farm.render(farm.stage(made_scenes / "cube.blend"), **constants).outcome

    assert outcome.error_code == code
    assert next(iter(constants.values())) in outcome.error_message


def test_a_stopped_render_ends_within_two_seconds(farm, made_scenes):
    began = []

    def should_stop():
        return bool(began) and time.monotonic() - began[0] > 0.2

    engine = farm.engine()
    file = farm.stage(made_scenes / "cube.blend")
    note = lambda event: began.append(time.monotonic()) if not began and is_rendering(event) else None  # noqa: E731

    outcome = engine.run(InstanceOrder(1, 1, environment={"BLEND_FILE": file, **ENDLESS}), note, should_stop)

    assert outcome.error_code == STOPPED
    assert time.monotonic() - began[0] < 2
    assert not psutil.pid_exists(engine.pid) or engine.pid == 0


def test_a_frame_that_takes_too_long_is_ended(farm, made_scenes):
    farm.limits = sandbox.Limits(wall_seconds=3)

    outcome = farm.render(farm.stage(made_scenes / "cube.blend"), **ENDLESS).outcome

    assert outcome.error_code == "TIME_LIMIT"


def test_a_crash_is_named_and_the_next_frame_renders(farm, made_scenes):
    engine, file = farm.engine(), farm.stage(made_scenes / "cube.blend")

    def crash(event):
        if is_rendering(event):
            blender_of(engine).send_signal(signal.SIGSEGV)

    outcome = engine.run(InstanceOrder(1, 1, environment={"BLEND_FILE": file, **ENDLESS}), crash, lambda: False)
    after = farm.render(file, 2, engine=engine).outcome

    assert outcome.error_code == "CRASHED"
    assert "segmentation fault (SIGSEGV)" in outcome.error_message
    assert after.error_code == ""


def test_running_out_of_memory_is_named(farm, made_scenes):
    farm.limits = sandbox.Limits(memory_mb=512, wall_seconds=60)

    outcome = farm.render(farm.stage(made_scenes / "heavy.blend")).outcome

    assert outcome.error_code == "OUT_OF_MEMORY"


def is_rendering(event):
    return isinstance(event, LogLine) and "Sample 0/" in event.text


def blender_of(engine):
    return psutil.Process(engine.pid).children(recursive=True)[-1]
