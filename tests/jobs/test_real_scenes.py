"""The scene check held against the table of real scenes: version, frames, engine, size, cameras, what is missing."""

import shutil

import pytest

from jobs.domain import scene_check
from jobs.domain.scene_problems import problems_of
from jobs.problems import any_blocks
from tests.jobs.readme_table import rows
from tests.scenes import FOLDER

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
    assert (facts.blender_version, facts.engine) == (row.version, row.engine)
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
