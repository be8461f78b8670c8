"""The scene check held against the table of real scenes: version, frames, engine, size, cameras, what is missing."""

import shutil

import pytest

from jobs import profiles
from jobs.domain import scene_check
from jobs.domain.scene_problems import problems_of
from jobs.problems import any_blocks, explain
from tests.jobs.readme_table import rows
from tests.profiles_on_offer import blender
from tests.scenes import FOLDER, scene

ROWS = rows() or [pytest.param(None, marks=pytest.mark.skip("the folder of real scenes is not beside this checkout"))]
UDIM = "UDIM"


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    """A copy: the sandbox takes the folder for its own."""
    room = tmp_path_factory.mktemp("scenes")
    shutil.copytree(FOLDER, room / "scene")
    return room / "scene"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.path.split("/")[-1] if row else "")
def test_the_check_says_what_the_table_says(row, laid_out):
    folder, main_file = laid_out, row.path

    said = scene_check.read_scene(folder, main_file)

    if row.is_refused:
        assert said is None
        return
    facts = scene_check.facts_of(said, [main_file])
    assert (facts.frame_start, facts.frame_end) == row.frames
    assert (facts.width, facts.height, facts.resolution_percent) == row.size
    assert (facts.software_version, facts.engine) == (row.version, row.engine)
    assert len(facts.cameras) >= row.camera_count
    assert bool(facts.camera) == bool(row.camera_count)
    assert _missing(facts, "library") == row.missing_libraries
    if "udim" not in row.path.lower():
        assert _missing(facts, "image") == row.missing_images
    else:
        assert _missing(facts, "tiles") == 0
    assert any_blocks(problems_of(facts, main_file, [], False)) == ("NO" in row.camera)


def _missing(facts, kind):
    return sum(link.kind == kind for link in facts.missing_files)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (
            "golem-spritefright/blender_project_examples/010_0020_A/lib/props/binoculars/binoculars.blend",
            "border_render",
        ),
        (
            "golem-spritefright/blender_project_examples/010_0020_A/lib/props/binoculars/binoculars.blend",
            "blocked_scripts",
        ),
        (
            "golem-spritefright/blender_project_examples/010_0020_A/lib/props/binoculars/binoculars.blend",
            "many_samples",
        ),
        ("pytorch-blender/examples/datagen/falling_cubes.blend", "unbaked_physics"),
        ("pytorch-blender/examples/compositor_normals_depth/compositor_normals_depth.blend", "compositor_output"),
        ("luxcore/scenes/bake/bake.blend", "engine_not_available"),
        ("blenderseed/tests/test_scenes/materials/04 - uv_mapping.blend", "engine_not_available"),
        ("creativeflow/creativeflow/tests/data/blends/norm_test.blend", "engine_replaced"),
        ("assimp/test/models/BLEND/TexturedPlane_ImageUvPacked_248.blend", "engine_replaced"),
        ("gltf-io/tests/scenes/39_parenting_full_hierarchy.blend", "several_scenes"),
        ("bat/tests/blendfiles/absolute_path.blend", "outside_files"),
        ("bat/tests/blendfiles/with_font.blend", "movie_output"),
        ("gltf-io/tests/scenes/01_alpha_blend.blend", "missing_libraries"),
        ("gltf-io/tests/scenes/37_lamp_EEVEE.blend", "newer_than_engine"),
    ],
)
def test_the_check_warns_of(path, problem, request):
    only_45 = [profiles.read(blender())]
    folder = request.getfixturevalue("laid_out") if FOLDER.is_dir() else scene(path)

    said = scene_check.read_scene(folder, path)

    found = problems_of(scene_check.facts_of(said, [path]), path, only_45, bool(said["has_border"]))
    assert problem in [one["id"] for one in found]
    assert all(explain(one).sentence and explain(one).remedy for one in found)
