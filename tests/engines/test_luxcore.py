"""Scenes of LuxCore, written here, rendered by a real LuxCore in the real sandbox."""

import pytest

import sandbox
from farm.engines.events import STOPPED
from tests.engines.conftest import Farm
from tests.engines.small_scenes import CONFIGURATION, SCENE, SQUARE
from tests.plain_blender import pixels

pytestmark = pytest.mark.engine


@pytest.fixture
def farm(tmp_path, luxcore):
    farm = Farm(tmp_path, luxcore)
    farm.write("square.ply", SQUARE)
    farm.write("scene.scn", SCENE)
    farm.write("render.cfg", CONFIGURATION)
    yield farm
    for engine in farm.engines:
        engine.close()


def test_a_picture_is_of_the_scenes_size_and_colours(farm):
    rendered = farm.render("render.cfg")

    picture = pixels(farm.job / "0001.png")
    assert rendered.outcome.error_message == ""
    assert rendered.files == ["0001.png"]
    assert picture.shape == (40, 40, 3)
    assert picture.reshape(-1, 3).mean(axis=0) == pytest.approx([0.25, 0, 0], abs=0.03)  # a quarter of it is red
    assert picture[20, 20] == pytest.approx([1, 0, 0], abs=0.05)


def test_an_order_chooses_size_samples_and_engine(farm):
    rendered = farm.render("render.cfg", LUXCORE_W="60", LUXCORE_H="30", LUXCORE_SAMPLES="3", LUXCORE_ENGINE="BIDIRCPU")

    assert pixels(farm.job / "0001.png").shape == (30, 60, 3)
    assert rendered.said('batch.haltspp = "3"')
    assert rendered.said('renderengine.type = "BIDIRCPU"')


@pytest.mark.parametrize(
    ("name", "file", "magic"),
    [("PNG", "0001.png", b"\x89PNG"), ("EXR", "0001.exr", b"\x76\x2f\x31\x01"), ("JPEG", "0001.jpg", b"\xff\xd8\xff")],
)
def test_a_format_is_written_as_ordered(farm, name, file, magic):
    farm.render("render.cfg", LUXCORE_FORMAT=name)

    assert (farm.job / file).read_bytes().startswith(magic)


def test_an_exr_has_the_light_and_not_the_tones(farm):
    farm.write("scene.scn", SCENE.replace("emission = 1 0 0", "emission = 4 0 0"))

    farm.render("render.cfg", LUXCORE_FORMAT="EXR")

    assert pixels(farm.job / "0001.exr")[20, 20][0] == pytest.approx(4, abs=0.2)


def test_a_picture_is_denoised_where_it_is_ordered_and_keeps_its_tones(farm):
    plain = farm.render("render.cfg")
    tones = pixels(farm.job / "0001.png").reshape(-1, 3).mean(axis=0)

    denoised = farm.render("render.cfg", LUXCORE_DENOISE="1")
    farm.write("render.cfg", CONFIGURATION.replace("NOP", "INTEL_OIDN"))
    not_denoised = farm.render("render.cfg", 2, LUXCORE_DENOISE="0")

    assert [made.said("IntelOIDNPlugin") for made in (plain, denoised, not_denoised)] == [False, True, False]
    assert pixels(farm.job / "0001.png").reshape(-1, 3).mean(axis=0) == pytest.approx(tones, abs=0.03)
    assert denoised.files == ["0001.png"]


def test_progress_grows_to_the_end(farm):
    rendered = farm.render("render.cfg", LUXCORE_SAMPLES="1000000", LUXCORE_SECONDS="3")

    assert rendered.percents == sorted(rendered.percents)
    assert len(rendered.percents) > 4
    assert rendered.percents[-1] == 100


def test_the_log_tells_of_the_render_and_does_not_repeat_the_scene(farm):
    rendered = farm.render("render.cfg")

    assert rendered.said("Film resolution: 40x40")
    assert rendered.said("Picture 1 took")
    assert not rendered.said("scene.objects.square.ply")


def test_a_scene_without_an_end_gets_one(farm):
    farm.write("render.cfg", CONFIGURATION.replace("batch.haltspp = 8\n", ""))

    rendered = farm.render("render.cfg")

    assert rendered.outcome.error_message == ""
    assert rendered.said("Neither order nor scene says when to stop: after 64 samples a pixel.")


def test_a_graphics_cards_engine_is_rendered_on_the_processor(farm):
    farm.write("render.cfg", CONFIGURATION + "renderengine.type = PATHOCL\n")

    rendered = farm.render("render.cfg")

    assert rendered.outcome.error_message == ""
    assert rendered.said("asks for the engine PATHOCL; it is rendered with PATHCPU on the processor")


def test_the_scenes_other_pictures_come_into_a_folder_of_the_job(farm, tmp_path):
    outputs = f"film.outputs.0.type = DEPTH\nfilm.outputs.0.filename = {tmp_path}/stolen/depth.exr\n"
    outputs += "film.outputs.7.type = ALPHA\nfilm.outputs.7.filename = ../../alpha.png\n"
    farm.write("render.cfg", CONFIGURATION + outputs)

    rendered = farm.render("render.cfg", 3)

    assert rendered.files == ["0003.png", "outputs/0003/depth.exr", "outputs/0003/alpha.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job", "scratch"]


def test_a_mesh_that_lies_elsewhere_in_the_upload_is_found_by_its_name(farm):
    (farm.job / "square.ply").unlink()
    farm.write("my meshes/square.ply", SQUARE)
    farm.write("scene.scn", SCENE.replace("= square.ply", r"= C:\Users\alice\square.ply"))

    rendered = farm.render("render.cfg")

    assert rendered.outcome.error_message == ""
    assert rendered.said("Found elsewhere among the uploaded files: my meshes/square.ply")
    assert pixels(farm.job / "0001.png")[20, 20][0] > 0.9


@pytest.mark.parametrize(
    ("was", "now", "code", "sentence"),
    [
        ("= square.ply", "= round.ply", "FILE_MISSING", "needs them: the mesh “round.ply”. Upload them too."),
        ("material = lamp", "material = lump", "SCENE_UNREADABLE", "Unknown material: lump"),
        ("scene.camera.", "scene.photographer.", "NO_CAMERA", "The scene has no camera."),
        ("scene.lights.sky.type = constantinfinite", "what is this", "SCENE_UNREADABLE", "at line 5"),
    ],
)
def test_what_is_wrong_with_a_scene_is_said(farm, was, now, code, sentence):
    farm.write("scene.scn", SCENE.replace(was, now))

    outcome = farm.render("render.cfg").outcome

    assert outcome.error_code == code
    assert sentence in outcome.error_message
    assert outcome.is_final


def test_a_configuration_whose_scene_is_not_there_says_which(farm):
    (farm.job / "scene.scn").unlink()

    outcome = farm.render("render.cfg").outcome

    assert "“scene.scn”, which “render.cfg” names, is not among the uploaded files" in outcome.error_message


def test_a_stopped_render_ends_and_leaves_no_picture(farm):
    engine, asked = farm.engine(), []

    def stop_when_it_renders():
        asked.append((farm.job / ".writing").exists())
        return asked[-1]

    rendered = farm.render("render.cfg", engine=engine, should_stop=stop_when_it_renders, LUXCORE_SECONDS="600")

    assert rendered.outcome.error_code == STOPPED
    assert engine.pid == 0
    assert not (farm.job / "0001.png").exists()


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_scene_reads_nothing_of_the_machine(farm, name, tmp_path):
    try:
        sandbox.attack(sandbox.Tier(name))
    except Exception as reason:
        pytest.skip(f"no tier {name} here: {reason}")
    farm.tier = sandbox.Tier(name)
    outside = tmp_path / "outside.ply"
    outside.write_text(SQUARE)
    farm.write("scene.scn", SCENE.replace("= square.ply", f"= {outside}"))

    outcome = farm.render("render.cfg").outcome

    assert outcome.error_code == "FILE_MISSING"
    assert not (farm.job / "0001.png").exists()
