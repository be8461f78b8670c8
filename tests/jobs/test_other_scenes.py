"""Scenes of software other than Blender: found by their ending, read by their own reader, said in its words."""

import json

import pytest

from jobs.domain import scenes
from jobs.enums import SceneState
from jobs.problems import explain
from tests.jobs.test_scene_check import checked, problems

POV = b"""
#include "colors.inc"
camera { location <0, 1, -4> look_at 0 }
light_source { <2, 4, -3> color White }
sphere { 0, 1 pigment { image_map { png "wood.png" } } }
"""


def readers_word(folder, main_file, family, line):
    assert (folder / main_file).read_bytes() == POV
    return {
        "frame_start": 1, "frame_end": 30, "frame_step": 1, "fps": 25, "width": 640, "height": 480, "samples": None,
        "cameras": [], "camera": None, "output_format": "PNG", "software_version": "3.7",
        "linked_files": [{"path": "wood.png", "kind": "image", "is_missing": True, "is_outside": False}],
        "problems": [{"id": "renderer", "sentence": "wood.png is missing.", "remedy": "Drop it.", "severity": "warns"}],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def reader(settings):
    settings.SCENE_PROBE = "tests.jobs.test_other_scenes.readers_word"


def test_a_scene_without_a_blend_is_that_of_the_software_its_file_belongs_to(alice, store):
    scene = checked(alice, {"box/woodbox.pov": POV, "box/readme.txt": b"a"})

    facts = scenes.facts(scene)
    assert (scene.state, scene.software, scene.main_file) == (SceneState.READY, "povray", "box/woodbox.pov")
    assert (facts.frames_text, facts.width, facts.software_version) == ("1-30", 640, "3.7")
    assert [link.path for link in facts.missing_files] == ["wood.png"]


def test_the_readers_own_words_are_what_the_card_says(alice, store):
    scene = checked(alice, {"woodbox.pov": POV})

    (problem,) = [explain(problem) for problem in scene.problems]
    assert (problem.sentence, problem.remedy, problem.blocks) == ("wood.png is missing.", "Drop it.", False)


def test_a_problem_that_blocks_refuses_the_scene(alice, store, settings):
    settings.SCENE_PROBE = "tests.jobs.test_other_scenes.blocking_word"

    assert checked(alice, {"woodbox.pov": POV}).state == SceneState.REFUSED


def blocking_word(folder, main_file, family, line):
    return {"problems": [{"id": "renderer", "sentence": "No camera.", "remedy": "Add one.", "severity": "blocks"}]}


def test_a_blend_beside_it_is_the_scene(alice, store):
    scene = checked(alice, {"woodbox.pov": POV, "a.blend": b""})

    assert (scene.software, scene.main_file) == ("blender", "a.blend")


def test_of_several_one_is_taken_and_another_can_be_chosen(alice, store):
    scene = checked(alice, {"woodbox.pov": POV, "lib/part.pov": POV})
    assert (scene.main_file, problems(scene)) == ("woodbox.pov", ["renderer", "several_scene_files"])

    scenes.choose_main_file(scene, "lib/part.pov")

    assert scene.main_file == "lib/part.pov"


def test_a_file_that_cannot_be_read_says_so_with_the_software_s_name(alice, store, settings):
    settings.SCENE_PROBE = "tests.jobs.test_other_scenes.no_word"

    scene = checked(alice, {"woodbox.pov": POV})

    assert scene.state == SceneState.REFUSED
    assert explain(scene.problems[0]).sentence == "woodbox.pov can't be read as a POV-Ray scene: it never ends."


def no_word(folder, main_file, family, line):
    return {"error": "it never ends."}


def test_what_is_no_scene_is_told_what_may_be_dropped(alice, store):
    scene = checked(alice, {"a.txt": b"a", "b.txt": b"b"})

    assert "no .blend, .pov or .ini file" in explain(scene.problems[0]).sentence


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        '{"frame_start": "one", "width": -3.5, "cameras": "C", "linked_files": [3, {}], "problems": [7, {"a": 1}]}',
        '{"fps": 0, "linked_files": null, "problems": null, "software_version": 3}',
    ],
)
def test_a_reader_that_answers_nonsense_breaks_nothing(alice, store, settings, monkeypatch, answer):
    monkeypatch.setattr("tests.jobs.test_other_scenes.readers_word", lambda *_: json.loads(answer))

    scene = checked(alice, {"woodbox.pov": POV})

    assert scene.state == SceneState.READY
    assert scenes.facts(scene).frames_text == "1"


def test_the_farms_own_reader_reads_it_in_the_sandbox(alice, store, settings):
    settings.SCENE_PROBE = "farm.engines.scene_reading.read_scene"

    scene = checked(alice, {"woodbox.pov": POV})

    assert scene.state == SceneState.READY, scene.problems
    assert [link.path for link in scenes.facts(scene).missing_files] == ["wood.png"]
    assert any("wood.png" in explain(problem).sentence for problem in scene.problems)
