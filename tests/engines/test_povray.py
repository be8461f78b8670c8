"""Scenes of POV-Ray, written here, rendered by a real POV-Ray in the real sandbox."""

import os
import signal
import threading

import pytest

import sandbox
from farm.engines.events import STOPPED, Progress
from tests.engines.conftest import Farm
from tests.engines.small_scenes import BALL
from tests.plain_blender import pixels

pytestmark = pytest.mark.engine

SLOW = BALL + "media { scattering { 1, 0.5 } samples 400 intervals 40 } light_source { <5, 5, -5> rgb 1 }"
SMALL = {"POVRAY_W": "40", "POVRAY_H": "40", "POVRAY_ANTIALIAS": "OFF"}


@pytest.fixture
def farm(tmp_path, povray):
    farm = Farm(tmp_path, povray)
    yield farm
    for engine in farm.engines:
        engine.close()


def red_columns(picture):
    """From where to where the picture is red, as parts of its width."""
    seen = pixels(picture)
    red = ((seen[..., 0] > 0.5) & (seen[..., 1] < 0.2)).any(axis=0)
    where = red.nonzero()[0]
    return where[0] / len(red), (where[-1] + 1) / len(red)


def test_a_still_is_frame_1_of_the_ordered_size_and_of_its_colours(farm):
    rendered = farm.render(farm.write("ball.pov", BALL), **SMALL)

    picture = pixels(farm.job / "0001.png")
    assert rendered.outcome.error_message == ""
    assert rendered.files == ["0001.png"]
    assert picture.shape == (40, 40, 3)
    assert picture.reshape(-1, 3).mean(axis=0) == pytest.approx([0.19, 0, 0], abs=0.02)  # π/16 of it is red
    assert red_columns(farm.job / "0001.png") == pytest.approx((0.25, 0.75), abs=0.03)


def test_frames_of_an_animation_are_moments_of_its_clock(farm):
    farm.write("ball.pov", BALL)
    file = farm.write("ball.ini", "Input_File_Name=ball.pov\nInitial_Frame=1\nFinal_Frame=5\n+W40 +H40 ; small\n")
    engine = farm.engine()

    rendered = [farm.render(file, frame, engine=engine) for frame in (1, 3, 5)]

    assert [outcome.files for outcome in rendered] == [["0001.png"], ["0003.png"], ["0005.png"]]
    assert red_columns(farm.job / "0001.png") == pytest.approx((0.25, 0.75), abs=0.03)
    assert red_columns(farm.job / "0003.png") == pytest.approx((0.5, 1), abs=0.03)
    assert red_columns(farm.job / "0005.png") == pytest.approx((0.75, 1), abs=0.03)


def test_an_order_makes_an_animation_of_a_scene_that_has_a_clock(farm):
    file = farm.write("ball.pov", BALL)

    farm.render(file, 11, **SMALL, POVRAY_FINAL_FRAME="11", POVRAY_FINAL_CLOCK="-0.5")

    assert red_columns(farm.job / "0011.png") == pytest.approx((0, 0.5), abs=0.03)


@pytest.mark.parametrize(
    ("name", "file", "magic"),
    [("PNG", "0001.png", b"\x89PNG"), ("EXR", "0001.exr", b"\x76\x2f\x31\x01"), ("JPEG", "0001.jpg", b"\xff\xd8\xff")],
)
def test_a_format_is_written_as_ordered(farm, name, file, magic):
    farm.render(farm.write("a folder/the ball.pov", BALL), **SMALL, POVRAY_FORMAT=name)

    assert (farm.job / file).read_bytes().startswith(magic)


def test_progress_grows_to_the_end(farm):
    rendered = farm.render(farm.write("ball.pov", BALL), POVRAY_W="300", POVRAY_H="300")

    assert rendered.percents == sorted(rendered.percents)
    assert len(rendered.percents) > 5
    assert rendered.percents[-1] == 100


def test_the_log_tells_what_was_rendered_and_not_who_wrote_povray_each_time(farm):
    file, engine = farm.write("ball.pov", BALL), farm.engine()

    first, second = (farm.render(file, engine=engine, **SMALL) for _ in range(2))

    assert first.said("Copyright")
    assert not second.said("Copyright")
    assert second.said("Image resolution.....40 by 40")
    assert second.said("Frame 1 took")


def test_a_size_that_nobody_ordered_is_said(farm):
    rendered = farm.render(farm.write("ball.pov", BALL))

    assert rendered.said("it is 800 × 600")
    assert pixels(farm.job / "0001.png").shape[:2] == (600, 800)


def test_one_ordered_side_brings_the_other(farm):
    farm.render(farm.write("ball.pov", BALL), POVRAY_W="60")

    assert pixels(farm.job / "0001.png").shape[:2] == (45, 60)


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ('#include "rooms.inc"', "FILE_MISSING", "the include file “rooms.inc” (line 1 of “bad.pov”)"),
        ('plane { z, 1 pigment { image_map { png "wood.png" } } }', "FILE_MISSING", "the file “wood.png”"),
        ('text { ttf "own.ttf" "a" 1, 0 }', "FILE_MISSING", "the font “own.ttf”"),
        ("\n\nsphere { 0, 1 pigment { Foo } }", "SCENE_UNREADABLE", "(line 3 of “bad.pov”): No matching }"),
        ('#error "out of paint"', "SCENE_UNREADABLE", "out of paint"),
    ],
)
def test_what_is_wrong_with_a_scene_is_said_with_its_place(farm, text, code, sentence):
    outcome = farm.render(farm.write("bad.pov", text), **SMALL).outcome

    assert outcome.error_code == code
    assert sentence in outcome.error_message
    assert outcome.is_final


def test_an_include_in_another_folder_of_the_upload_is_found(farm):
    farm.write("a library/ball.inc", BALL)

    rendered = farm.render(farm.write("scenes/main.pov", '#include "ball.inc"'), **SMALL)

    assert rendered.outcome.error_message == ""
    assert red_columns(farm.job / "0001.png") == pytest.approx((0.25, 0.75), abs=0.03)


def test_a_scene_that_is_not_there_is_answered_with_those_that_are(farm):
    farm.write("ball.pov", BALL)

    outcome = farm.render("bell.pov").outcome

    assert outcome.error_message.endswith("Scenes that are there: ball.pov. Set POVRAY_FILE to one of them.")


@pytest.mark.parametrize(
    ("name", "value"),
    [("POVRAY_W", "wide"), ("POVRAY_W", "--5"), ("POVRAY_QUALITY", "12"), ("POVRAY_FORMAT", "BMP")],
)
def test_an_order_that_cannot_be_read_is_said(farm, name, value):
    outcome = farm.render(farm.write("ball.pov", BALL), **{name: value}).outcome

    assert name in outcome.error_message
    assert value in outcome.error_message


def test_a_stopped_render_ends_and_leaves_no_picture(farm):
    seen = threading.Event()
    engine = farm.engine()

    rendered = farm.render(farm.write("slow.pov", SLOW), engine=engine, should_stop=lambda: seen.is_set() or seen.set())

    assert rendered.outcome.error_code == STOPPED
    assert engine.pid == 0
    assert not (farm.job / "0001.png").exists()


def test_a_killed_povray_is_said_and_the_next_frame_renders(farm):
    engine = farm.engine()
    farm.write("ball.pov", BALL)

    def kill_at_the_first_progress():
        os.kill(engine.pid, signal.SIGKILL) if engine.pid and started() else None
        return False

    def started():
        return (farm.job / ".writing").exists()

    killed = farm.render(farm.write("slow.pov", SLOW), engine=engine, should_stop=kill_at_the_first_progress)
    next_one = farm.render("ball.pov", engine=engine, **SMALL)

    assert killed.outcome.error_code == "OUT_OF_MEMORY"
    assert "POV-Ray" in killed.outcome.error_message
    assert not any(isinstance(event, Progress) and event.percent == 100 for event in killed.events)
    assert next_one.outcome.error_message == ""


@pytest.fixture(params=["A", "B"])
def tier(request, farm):
    try:
        sandbox.attack(sandbox.Tier(request.param))
    except Exception as reason:
        pytest.skip(f"no tier {request.param} here: {reason}")
    farm.tier = sandbox.Tier(request.param)


def test_a_scene_writes_nowhere_but_into_its_job(farm, tier, tmp_path):
    elsewhere = tmp_path / "elsewhere.txt"
    outside = BALL + f'#fopen F "{elsewhere}" write #write(F, "ours") #fclose F'
    inside = BALL + '#fopen F "notes.txt" write #write(F, "a result") #fclose F'

    refused = farm.render(farm.write("outside.pov", outside), **SMALL).outcome
    kept = farm.render(farm.write("inside.pov", inside), **SMALL).outcome

    assert not elsewhere.exists()
    assert "Cannot open user file" in refused.error_message
    assert kept.error_message == ""
    assert (farm.job / "notes.txt").read_text() == "a result"


def test_a_scene_reads_nothing_of_the_machine(farm, tier):
    text = BALL + '#fopen F "/etc/passwd" read #read(F, Line) #warning Line'

    rendered = farm.render(farm.write("reads.pov", text), **SMALL)

    assert not rendered.outcome.is_success
    assert not rendered.said("root:")


def test_an_ini_starts_no_program_and_names_no_picture(farm, tier):
    farm.write("ball.pov", BALL)
    ini = "Input_File_Name=ball.pov\nPre_Scene_Command=/bin/touch ran\nOutput_File_Name=mine.png\nAll_File=said.txt\n"

    rendered = farm.render(farm.write("ball.ini", ini), **SMALL)

    assert rendered.outcome.error_message == ""
    assert sorted(path.name for path in farm.job.iterdir()) == ["0001.png", "ball.ini", "ball.pov"]
    assert rendered.said("pre_scene_command")
