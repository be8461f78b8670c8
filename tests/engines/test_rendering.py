"""Frames of real scenes by a real Blender, held against what Blender makes of them by itself."""

import numpy as np
import pytest

from farm.engines.events import FileWritten, Progress
from tests import plain_blender
from tests.scenes import scene

pytestmark = pytest.mark.engine

CUBES = "golem-cubes/examples/blender/cubes.blend"


def test_the_frames_of_a_warm_engine_are_those_of_plain_blender(farm, tmp_path):
    file, frames = farm.stage(scene(CUBES)), [1, 30, 60]
    plain = tmp_path / "plain"
    plain.mkdir()
    plain_blender.render("blender-4.5", scene(CUBES), plain, frames, threads=2, percent=8, samples=2)
    engine = farm.engine()

    outcomes = [
        farm.render(file, frame, engine=engine, BLEND_RATIO="8", BLEND_CYCLES_SAMPLES="2").outcome for frame in frames
    ]

    assert [outcome.error_message for outcome in outcomes] == ["", "", ""]
    for name in ("0001.png", "0030.png", "0060.png"):
        assert np.array_equal(plain_blender.pixels(farm.job / name), plain_blender.pixels(plain / name))


def test_the_scene_is_loaded_once(farm, made_scenes):
    file, engine = farm.stage(made_scenes / "cube.blend"), farm.engine()

    first = farm.render(file, 1, engine=engine)
    process = engine.pid
    second = farm.render(file, 2, engine=engine)

    assert engine.pid == process
    assert first.said("Read blend")
    assert not second.said("Read blend")
    assert second.outcome.load_seconds < 0.1 < first.outcome.load_seconds


def test_other_constants_are_another_scene(farm, made_scenes):
    file, engine = farm.stage(made_scenes / "cube.blend"), farm.engine()
    farm.render(file, 1, engine=engine)

    farm.render(file, 1, engine=engine, BLEND_W="20", BLEND_H="10")

    assert plain_blender.pixels(farm.job / "0001.png").shape[:2] == (10, 20)


def test_each_line_of_the_log_belongs_to_its_frame(farm, made_scenes):
    file, engine = farm.stage(made_scenes / "cube.blend"), farm.engine()

    logs = {frame: farm.render(file, frame, engine=engine).lines for frame in (1, 2, 3)}

    for frame, lines in logs.items():
        about = {line.split()[0] for line in lines if line.startswith("Fra:")}
        assert about == {f"Fra:{frame}"}
        assert any(line.startswith(f"Frame {frame} took") for line in lines)


def test_progress_grows_and_the_picture_is_told_when_it_is_whole(farm, made_scenes):
    rendered = farm.render(farm.stage(made_scenes / "cube.blend"), 7, BLEND_CYCLES_SAMPLES="64")

    percents = [event.percent for event in rendered.events if isinstance(event, Progress)]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert [event for event in rendered.events if isinstance(event, FileWritten)] == [FileWritten("0007.png")]
    assert sorted(path.name for path in farm.job.iterdir()) == ["0007.png", "cube.blend"]


@pytest.mark.parametrize(
    ("name", "file", "magic"),
    [
        ("PNG", "0001.png", b"\x89PNG"),
        ("EXR", "0001.exr", b"\x76\x2f\x31\x01"),
        ("MULTILAYER", "0001.exr", b"\x76\x2f\x31\x01"),
        ("JPEG", "0001.jpg", b"\xff\xd8\xff"),
    ],
)
def test_a_format_is_written_as_ordered(farm, made_scenes, name, file, magic):
    farm.render(farm.stage(made_scenes / "cube.blend"), BLEND_FORMAT=name)

    assert (farm.job / file).read_bytes().startswith(magic)


def test_a_scene_that_writes_a_film_gives_pictures_here(farm, made_scenes):
    rendered = farm.render(farm.stage(made_scenes / "film.blend"))

    assert (farm.job / "0001.png").is_file()
    assert rendered.said("set to write a film")


def test_another_camera_is_another_picture(farm, made_scenes):
    file = farm.stage(made_scenes / "two_cameras.blend")
    farm.render(file)
    through_the_active = plain_blender.pixels(farm.job / "0001.png")

    farm.render(file, BLEND_CAMERA="Close")

    assert not np.array_equal(plain_blender.pixels(farm.job / "0001.png"), through_the_active)


def test_a_simulation_that_is_not_baked_is_stepped_to_the_frame(farm, made_scenes):
    file, engine = farm.stage(made_scenes / "falling.blend"), farm.engine()
    for frame in range(1, 21):
        farm.render(file, frame, engine=engine)
    in_order = plain_blender.pixels(farm.job / "0020.png")

    jumped = farm.render(file, 20)

    assert jumped.said("reached step by step")
    assert np.array_equal(plain_blender.pixels(farm.job / "0020.png"), in_order)


def test_a_missing_picture_is_named_before_rendering(farm, made_scenes):
    rendered = farm.render(farm.stage(made_scenes / "missing_picture.blend"))

    assert rendered.said("Missing picture: //textures/wood.png")
