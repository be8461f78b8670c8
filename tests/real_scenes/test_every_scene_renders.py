"""`make test-scenes`: a small frame of every real scene with a camera; a poor picture is not passed over."""

import contextlib
import shutil

import pytest
from PIL import Image

import sandbox
from farm.engines import profiles
from farm.engines.blender import opengl
from farm.engines.profile import EnginePlace, InstanceOrder
from jobs.readers import pictures
from tests.jobs.readme_table import rows
from tests.scenes import FOLDER

pytestmark = [pytest.mark.scenes, pytest.mark.engine]

WITH_CAMERA = [row for row in rows() if not row.is_refused and row.camera_count]
WITHOUT_CAMERA = [row for row in rows() if not row.is_refused and not row.camera_count]
PINK = {"01_alpha_blend.blend", "01_missing_textures.blend"}
BLACK = {"psor-cube.blend"}
TELLING_FRAME = {"bam_pack_bug.blend": 60}
"""The frame that shows something, where frame 1 does not."""
WIDTH = 96


def name_of(row):
    return row.path.split("/")[-1]


@pytest.fixture(scope="module")
def profile_of():
    """The profile whose line fits the scene's version."""

    def found(row):
        line = "blender-5.2" if row.version.startswith("5") else "blender-4.5"
        profile = profiles.find(line)
        if profile is None or not profile.is_installed:
            pytest.skip(f"{line} is not installed here")
        return profile

    return found


@pytest.fixture
def rendered(tmp_path, profile_of):
    """Renders one frame of the row's scene, with the files of its collection around it."""

    def render(row):
        job, scratch = tmp_path / "job", tmp_path / "scratch"
        shutil.copytree(FOLDER / row.collection, job / row.collection)
        frame = TELLING_FRAME.get(name_of(row), row.frames[0])
        constants = {
            "BLEND_FILE": row.path,
            "BLEND_FORMAT": "PNG",
            "BLEND_CYCLES_SAMPLES": "4",
            "BLEND_RATIO": str(max(1, round(100 * WIDTH / row.size[0]))),
        }
        lines = []
        tier = sandbox.self_test().tier
        profile = profile_of(row)
        place = EnginePlace(job, scratch, threads=2, tier=tier, limits=sandbox.Limits())
        with contextlib.closing(profile.open_engine(profile, place)) as engine:
            order = InstanceOrder(frame, frame, environment=constants)
            outcome = engine.run(order, lines.append, lambda: False)
        return outcome, job / f"{frame:04d}.png", lines

    return render


@pytest.mark.parametrize("row", WITH_CAMERA, ids=name_of)
def test_a_scene_with_a_camera_gives_a_picture_and_a_poor_one_is_told(row, rendered):
    if "CYCLES" not in row.engine and not opengl.has_opengl():
        pytest.skip("this machine has no OpenGL for EEVEE and Workbench")

    outcome, picture, lines = rendered(row)

    assert outcome.exit_code == 0 and picture.is_file(), (outcome.error_message, lines[-5:])
    looks = pictures.looks(Image.open(picture).convert("RGBA"))
    if name_of(row) in PINK:
        assert looks == "pink"
    elif name_of(row) in BLACK:
        assert looks == "black"
    else:
        assert looks == ""


@pytest.mark.parametrize("row", WITHOUT_CAMERA, ids=name_of)
def test_a_scene_without_a_camera_is_refused_in_a_sentence(row, rendered):
    outcome, picture, _lines = rendered(row)

    assert outcome.error_code == "NO_CAMERA"
    assert "camera" in outcome.error_message
    assert not picture.exists()
