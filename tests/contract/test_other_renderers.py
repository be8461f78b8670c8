"""POV-Ray and LuxCore, ordered by the unmodified SDK from the running farm."""

import io

import pytest
from PIL import Image

from farm.engines import profiles
from tests.contract.orders import finished, results_of
from tests.engines.small_scenes import BALL, CONFIGURATION, SCENE, SQUARE


@pytest.fixture
def order(orders):
    """`order("povray-3.7", "1-3", {"POVRAY_W": "16"}, ball_pov=BALL)`: a task of those files, not submitted."""

    def make(profile, instances, constants, **files):
        if not profiles.all_profiles()[profile].is_installed:
            pytest.skip(f"{profile} is not installed: manage.py engine install {profile}")
        scene = orders.bucket(profile.replace(".", "-"))
        for key, text in files.items():
            orders.put(scene, key.replace("_", "."), text)
        task = orders.task(profile, instances, constants=constants)
        task.resources = [scene]
        return task

    return make


def red_part(content):
    """How much of the picture is red, 0–1, and where its middle is, 0–1 from the left."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    red = [x for y in range(picture.height) for x in range(picture.width) if picture.getpixel((x, y))[0] > 128]
    return len(red) / (picture.width * picture.height), sum(red) / max(1, len(red)) / picture.width


def test_frames_of_povray_are_moments_of_the_scenes_clock(order):
    ini = "Input_File_Name=ball.pov\nInitial_Frame=1\nFinal_Frame=5\n"
    constants = {"POVRAY_FILE": "ball.ini", "POVRAY_W": "32", "POVRAY_H": "32", "POVRAY_ANTIALIAS": "OFF"}

    task = finished(order("povray-3.7", "1,3,5", constants, ball_pov=BALL, ball_ini=ini))

    pictures = results_of(task)
    assert task.state == "Success"
    assert sorted(pictures) == ["0001.png", "0003.png", "0005.png"]
    middles = [red_part(pictures[name])[1] for name in sorted(pictures)]
    assert middles == pytest.approx([0.5, 0.72, 0.85], abs=0.07)


def test_a_mistake_in_a_scene_of_povray_fails_the_task_with_its_line(order):
    task = finished(
        order("povray-3.7", "1", {"POVRAY_FILE": "bad.pov"}, bad_pov="camera { location -z }\nsphere { 0, 1\n")
    )

    assert task.state == "Failure"
    assert any("(line 2 of “bad.pov”)" in error.message for error in task.errors)


def test_luxcore_makes_its_picture(order):
    files = {"render_cfg": CONFIGURATION, "scene_scn": SCENE, "square_ply": SQUARE}

    task = finished(order("luxcore-2.11", "1", {"LUXCORE_FILE": "render.cfg"}, **files))

    pictures = results_of(task)
    assert task.state == "Success"
    assert list(pictures) == ["0001.png"]
    assert red_part(pictures["0001.png"]) == pytest.approx((0.25, 0.49), abs=0.05)


@pytest.mark.parametrize(("family", "name"), [("povray", "povray-3.7"), ("luxcore", "luxcore-2.11")])
def test_a_form_can_be_made_of_each(alice, family, name):
    told = alice.ask("GET", f"/profiles/{family}").json()

    assert told["name"] == name
    asked = [constant for constant in told["constants"] if constant["isMain"]]
    assert len(asked) >= 4
    assert all(constant["label"] for constant in asked)
    assert [constant["name"] for constant in told["constants"] if constant["isOutputFormat"]] == [
        f"{family.upper()}_FORMAT"
    ]
