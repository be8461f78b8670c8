"""`make test-scenes`: small pictures of scenes that come with POV-Ray's and LuxCore's own packages."""

import contextlib
import shutil

import pytest
from PIL import Image

import sandbox
from farm.engines import profiles
from farm.engines.debian_packages import UnpackingFailed, unpack
from farm.engines.profile import EnginePlace, InstanceOrder
from farm.engines.scene_reading import read_scene
from jobs.readers import pictures

pytestmark = [pytest.mark.scenes, pytest.mark.engine]

OF_POVRAY = {
    "advanced/woodbox.pov": 1,
    "advanced/isocacti.pov": 1,
    "advanced/wineglass.pov": 1,
    "advanced/desk/desk.pov": 1,
    "advanced/blocks/stackertransp.pov": 1,
    "animations/ambient/ambient.ini": 11,
    "animations/l_o/l_o.ini": 6,
    "animations/quilted/plotqlt.ini": 7,
    "incdemo/glasses/glass.pov": 1,
    "lights/circular.pov": 1,
}
"""Scene and frame."""
OF_LUXCORE = ("luxball-hdr", "luxball-hdr-comp", "luxball-roughglass", "luxball-cloth", "luxball-imagepipelines")
WITHOUT_A_FILE = "luxball-backimg"


@pytest.fixture(scope="module")
def povray_examples(tmp_path_factory):
    try:
        folder = unpack(["povray-examples"], tmp_path_factory.mktemp("examples") / "povray").folder
    except UnpackingFailed as failure:
        pytest.skip(str(failure))
    return folder / "usr/share/doc/povray/examples"


def installed(name):
    profile = profiles.all_profiles()[name]
    if not profile.is_installed:
        pytest.skip(f"{name} is not installed: manage.py engine install {name}")
    return profile


@pytest.fixture
def rendered(tmp_path):
    """Checks the scene as an upload is checked, and renders one picture of it."""

    def render(profile, scenes, file, frame, **constants):
        job = tmp_path / "job"
        shutil.copytree(scenes, job)
        said = read_scene(job, file, profile.family, "")
        place = EnginePlace(job, tmp_path / "scratch", 2, sandbox.self_test().tier, sandbox.Limits())
        with contextlib.closing(profile.open_engine(profile, place)) as engine:
            order = InstanceOrder(frame, frame, environment={profile.scene_constant: file, **constants})
            outcome = engine.run(order, lambda event: None, lambda: False)
        return said, outcome, job / f"{frame:04d}.png"

    return render


@pytest.mark.parametrize("file", OF_POVRAY)
def test_a_scene_of_povray_gives_a_picture(file, povray_examples, rendered):
    povray, frame = installed("povray-3.7"), OF_POVRAY[file]

    said, outcome, picture = rendered(povray, povray_examples, file, frame, POVRAY_W="96", POVRAY_H="72")

    assert outcome.error_message == ""
    assert frame <= said["frame_end"]
    assert pictures.looks(Image.open(picture).convert("RGBA")) == ""


@pytest.mark.parametrize("name", OF_LUXCORE)
def test_a_scene_of_luxcore_gives_a_picture(name, rendered):
    luxcore = installed("luxcore-2.11")
    scenes = next(luxcore.folder.glob("lib/python*/site-packages/pyluxcoretest"))

    said, outcome, picture = rendered(
        luxcore, scenes, f"scenes/luxball/{name}.cfg", 1, LUXCORE_W="96", LUXCORE_H="72", LUXCORE_SAMPLES="8"
    )

    assert outcome.error_message == ""
    assert said["problems"] == []
    assert pictures.looks(Image.open(picture).convert("RGBA")) == ""


def test_a_scene_of_luxcore_that_lacks_a_texture_is_told_before_and_after(rendered):
    luxcore = installed("luxcore-2.11")
    scenes = next(luxcore.folder.glob("lib/python*/site-packages/pyluxcoretest"))

    said, outcome, _ = rendered(luxcore, scenes, f"scenes/luxball/{WITHOUT_A_FILE}.cfg", 1)

    assert "sky.exr” is not among the uploaded files" in said["problems"][0]["sentence"]
    assert "sky.exr" in outcome.error_message
