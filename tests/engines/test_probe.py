"""What a sandboxed Blender says of a scene at its upload."""

import shutil

import pytest

from farm.engines.blender.probe import probe_scene
from tests.scenes import FOLDER, scene

pytestmark = pytest.mark.engine


def test_blender_names_cameras_layers_and_what_is_missing(made_scenes, tmp_path):
    shutil.copy(made_scenes / "missing_picture.blend", tmp_path)

    said = probe_scene(tmp_path, "missing_picture.blend", "4.5")

    assert said["cameras"] == ["Camera"]
    assert said["view_layers"] == ["ViewLayer"]
    assert said["missing_files"] == ["//textures/wood.png"]
    assert said["engine"] == "CYCLES"


def test_scripts_of_a_scene_are_named_and_not_run(made_scenes, tmp_path):
    shutil.copy(made_scenes / "scripts.blend", tmp_path)

    said = probe_scene(tmp_path, "scripts.blend", "4.5")

    assert "at_opening.py" in said["blocked_scripts"]
    assert not (tmp_path / "ran").exists()


def test_a_library_that_is_there_is_not_missing(blender, tmp_path):
    scene("bat/tests/blendfiles/doubly_linked.blend")
    folder = tmp_path / "scene"
    shutil.copytree(FOLDER / "bat/tests/blendfiles", folder)

    said = probe_scene(folder, "doubly_linked.blend", "2.79")

    assert said["missing_files"] == ["//material_textures.blend"]


def test_a_damaged_file_is_answered_with_a_sentence(blender, tmp_path):
    shutil.copy(scene("bat/tests/blendfiles/corrupt_only_magic.blend"), tmp_path / "broken.blend")

    assert "damaged" in probe_scene(tmp_path, "broken.blend", "4.5")["error"]


def test_without_a_blender_it_says_so(tmp_path, settings):
    settings.ENGINES_FOLDER = tmp_path

    assert "engine install" in probe_scene(tmp_path, "any.blend", "4.5")["error"]
