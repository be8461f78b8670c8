"""Scenes that mean harm, opened by a real Blender in the sandbox, in both tiers."""

import numpy as np
import pytest

import sandbox
from tests import plain_blender

pytestmark = pytest.mark.engine


@pytest.fixture(params=["A", "B"], autouse=True)
def tier(request, farm):
    try:
        sandbox.attack(sandbox.Tier(request.param))
    except Exception as reason:
        pytest.skip(f"no tier {request.param} here: {reason}")
    farm.tier = sandbox.Tier(request.param)


def picture_of(farm, file):
    outcome = farm.render(file).outcome
    assert outcome.error_message == ""
    return plain_blender.pixels(farm.job / "0001.png")


def test_the_accounts_of_the_machine_are_not_in_the_picture(farm, made_scenes):
    (farm.job / "words.txt").write_text("a readable canary")
    nothing = picture_of(farm, farm.stage(made_scenes / "nothing.blend"))

    readable = picture_of(farm, farm.stage(made_scenes / "words.blend"))
    stolen = picture_of(farm, farm.stage(made_scenes / "passwd.blend"))

    assert not np.array_equal(readable, nothing)
    assert np.array_equal(stolen, nothing)


def test_a_file_output_elsewhere_comes_into_the_job(farm, made_scenes):
    rendered = farm.render(farm.stage(made_scenes / "file_output.blend"), 3)

    assert not (made_scenes / "elsewhere").exists()
    assert (farm.job / "elsewhere" / "depth_0003.png").is_file()
    assert rendered.said("writes below elsewhere/")


def test_a_relative_file_output_keeps_the_artists_names(farm, made_scenes):
    farm.render(farm.stage(made_scenes / "file_output_relative.blend"), 3)

    assert (farm.job / "passes" / "depth_0003.png").is_file()


def test_no_script_of_a_scene_runs_and_the_artist_is_told(any_farm, made_scenes):
    farm = any_farm
    rendered = farm.render(farm.stage(made_scenes / "scripts.blend"))

    assert not (farm.job / "ran").exists()
    assert not rendered.said("the script ran")
    assert rendered.said("scripts of a scene are not run here")
    assert rendered.said("at_opening.py")
    assert rendered.said("Freestyle scripts of the view layer")
