"""What the scene check says of scenes of POV-Ray and LuxCore, read in the sandbox without the renderer."""

import pytest

from farm.engines.scene_reading import read_scene
from tests.engines.small_scenes import BALL, CONFIGURATION, SCENE, SQUARE

pytestmark = pytest.mark.engine


@pytest.fixture
def scene(tmp_path):
    """Writes the files of a scene and reads it."""

    def read(family, main_file, **files):
        folder = tmp_path / "scene"
        for name, text in files.items():
            there = folder / name.replace("__", "/").replace("_", ".")
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_text(text)
        return read_scene(folder, main_file, family, "")

    return read


def sentences(said, severity):
    return [problem["sentence"] for problem in said["problems"] if problem["severity"] == severity]


def missing(said):
    return [file["path"] for file in said["linked_files"] if file["is_missing"]]


def test_an_animation_of_povray_tells_its_frames_and_size(scene):
    ini = "Input_File_Name=ball.pov\nInitial_Frame=1\nFinal_Frame=20\nOutput_File_Type=J\n+W320 +H200\n"
    ini += "[large]\nWidth=4000\n"

    said = scene("povray", "ball.ini", ball_pov=BALL, ball_ini=ini)

    assert (said["frame_start"], said["frame_end"]) == (1, 20)
    assert (said["width"], said["height"]) == (320, 200)
    assert said["output_format"] == "JPEG"
    assert said["software_version"] == "3.7"
    assert said["problems"] == []


def test_the_ini_beside_a_scene_of_povray_belongs_to_it(scene):
    said = scene("povray", "ball.pov", ball_pov=BALL, ball_ini="Width=64\nHeight=48\nFinal_Frame=3\n")

    assert (said["width"], said["height"], said["frame_end"]) == (64, 48, 3)


def test_a_still_of_povray_is_one_frame_of_debians_size(scene):
    said = scene("povray", "ball.pov", ball_pov=BALL)

    assert (said["frame_start"], said["frame_end"]) == (1, 1)
    assert (said["width"], said["height"]) == (800, 600)


def test_the_size_in_the_first_comment_is_the_scenes(scene):
    said = scene("povray", "ball.pov", ball_pov="// +W512 +H256\n" + BALL)

    assert (said["width"], said["height"]) == (512, 256)


def test_what_povray_needs_is_followed_through_its_includes(scene):
    room = '#include "lamps.inc"\n// #include "old.inc"\nplane { z, 1 pigment { image_map { jpeg "wood.jpg" } } }'

    said = scene("povray", "ball.pov", ball_pov='#include "room.inc"\n' + BALL, room_inc=room)

    assert missing(said) == ["lamps.inc", "wood.jpg"]
    assert sentences(said, "warns") == [
        "The include “lamps.inc”, which “room.inc” names, is not among the uploaded files.",
        "The image “wood.jpg”, which “room.inc” names, is not among the uploaded files.",
    ]


def test_a_texture_in_another_folder_of_the_upload_is_not_missing(scene):
    said = scene("povray", "ball.pov", ball_pov=BALL + '#include "room.inc"', library__room_inc="")

    assert said["problems"] == []
    assert missing(said) == []


def test_another_spelling_of_a_name_is_shown(scene):
    said = scene("povray", "ball.pov", ball_pov=BALL + '#include "Room.inc"', room_inc="")

    assert said["problems"][0]["remedy"].startswith("“room.inc” is there: capitals count here")


def test_a_scene_without_camera_is_warned_of_and_one_of_another_version_too(scene):
    said = scene("povray", "ball.pov", ball_pov="#version 3.8;\nsphere { 0, 1 }")

    assert sentences(said, "warns") == [
        "The scene has no camera: POV-Ray would look from the origin along the z axis.",
        "The scene is written for POV-Ray 3.8, and the farm has 3.7.",
    ]


def test_a_scene_of_luxcore_tells_its_size_and_samples(scene):
    said = scene("luxcore", "render.cfg", render_cfg=CONFIGURATION, scene_scn=SCENE, square_ply=SQUARE)

    assert (said["width"], said["height"], said["samples"]) == (40, 40, 8)
    assert said["problems"] == []
    assert [file["path"] for file in said["linked_files"]] == ["scene.scn", "square.ply"]


def test_what_luxcore_needs_is_named(scene):
    textured = SCENE + "scene.textures.wood.type = imagemap\nscene.textures.wood.file = /home/alice/wood.png\n"

    said = scene("luxcore", "render.cfg", render_cfg=CONFIGURATION, scene_scn=textured)

    assert missing(said) == ["square.ply", "/home/alice/wood.png"]
    assert [file["is_outside"] for file in said["linked_files"]] == [False, False, True]
    assert len(sentences(said, "warns")) == 2
    assert said["problems"][0]["remedy"] == "Upload “square.ply” with the scene, or attach a library that has it."


def test_a_mesh_elsewhere_in_the_upload_is_not_missing(scene):
    said = scene("luxcore", "render.cfg", render_cfg=CONFIGURATION, scene_scn=SCENE, meshes__square_ply=SQUARE)

    assert said["problems"] == []


def test_a_dark_scene_of_luxcore_without_camera_is_told(scene):
    said = scene("luxcore", "render.cfg", render_cfg=CONFIGURATION, scene_scn="scene.objects.a.material = b\n")

    assert sentences(said, "blocks") == ["The scene has no camera."]
    assert sentences(said, "warns") == ["The scene has no light, so that its picture will be black."]


@pytest.mark.parametrize(
    ("family", "name", "text", "sentence"),
    [
        ("povray", "ball.pov", "\x00\x01", "is no text"),
        ("povray", "gone.pov", "", "“gone.pov” is not among the uploaded files"),
        ("povray", "../../etc/passwd", "", "is not among the uploaded files"),
        ("luxcore", "ball.pov", "nothing", "names no scene"),
        ("maya", "ball.pov", "", "Scenes of maya are not looked at"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_sentence(scene, family, name, text, sentence):
    assert sentence in scene(family, name, ball_pov=text)["error"]
