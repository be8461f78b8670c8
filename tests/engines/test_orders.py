"""What an order changes of a scene, what it brings along, and what is found for it: in every Blender we offer."""

import subprocess
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from farm.engines import profiles

pytestmark = pytest.mark.engine

MAKING = Path(__file__).parent / "making_extras.py"

LEGACY = """
bl_info = {"name": "Red world", "blender": (2, 80, 0), "version": (1, 0), "category": "Render"}
import bpy
from bpy.app.handlers import persistent

@persistent
def paint(*_):
    world = bpy.context.scene.world
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (1, 0, 0, 1)
    background.inputs["Strength"].default_value = 5

def register():
    bpy.app.handlers.load_post.append(paint)

def unregister():
    pass
"""
MANIFEST = """
schema_version = "1.0.0"
id = "red_world"
version = "1.0.0"
name = "Red world"
tagline = "Paints the world red"
maintainer = "alice"
type = "add-on"
blender_version_min = "4.2.0"
license = ["SPDX:GPL-3.0-or-later"]
"""


@pytest.fixture(scope="session")
def extras(tmp_path_factory):
    """Made by the oldest Blender that is installed: every other one opens them."""
    blender = next(profile for profile in profiles.families()["blender"] if profile.is_installed)
    folder = tmp_path_factory.mktemp("extras")
    subprocess.run([blender.python, MAKING, folder], check=True, stdout=subprocess.DEVNULL, timeout=60)
    return folder


def zipped(farm, name, **files):
    with zipfile.ZipFile(farm.job / name, "w") as archive:
        for path, text in files.items():
            archive.writestr(path.replace("__slash__", "/"), text)
    return name


def legacy(farm, name="red.zip"):
    return zipped(farm, name, **{"red_world/__init__.py": LEGACY})


def extension(farm, name="red_extension.zip"):
    return zipped(farm, name, **{"__init__.py": LEGACY, "blender_manifest.toml": MANIFEST})


def corner(farm):
    return Image.open(farm.job / "0001.png").convert("RGB").getpixel((0, 0))


@pytest.mark.parametrize("make", [legacy, extension])
def test_an_add_on_shows_in_the_picture(any_farm, extras, make):
    add_on = make(any_farm)

    rendered = any_farm.render(any_farm.stage(extras / "layers.blend"), BLEND_ADDONS=add_on)

    assert rendered.outcome.is_success, rendered.outcome
    assert rendered.said("Add-on switched on: red_world")
    red, green, blue = corner(any_farm)
    assert red - max(green, blue) > 50


def test_without_the_add_on_the_picture_is_the_scenes_own(any_farm, extras):
    any_farm.render(any_farm.stage(extras / "layers.blend"))

    red, green, blue = corner(any_farm)
    assert abs(red - green) < 10 and abs(red - blue) < 10


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"read me.txt": "no add-on"}, "there is no single add-on in it"),
        ({"bad/__init__.py": "import a_module_that_is_nowhere"}, "a_module_that_is_nowhere"),
        ({"blender_manifest.toml": "id = ["}, "its blender_manifest.toml can't be read"),
        ({"blender_manifest.toml": MANIFEST.replace('"add-on"', '"theme"')}, "it is a theme and no add-on"),
    ],
)
def test_a_zip_that_is_no_add_on_is_said_with_its_name(farm, extras, files, words):
    name = zipped(farm, "wrong.zip", **files)

    outcome = farm.render(farm.stage(extras / "layers.blend"), BLEND_ADDONS=name).outcome

    assert (outcome.error_code, outcome.is_final) == ("ADD_ON_FAILED", True)
    assert "The add-on “wrong.zip” can't be switched on in Blender 4.5.15" in outcome.error_message
    assert words in outcome.error_message


def test_a_file_that_is_no_zip_and_one_that_is_not_there_are_said(farm, extras):
    (farm.job / "torn.zip").write_bytes(b"PK\x03\x04 and no more")
    file = farm.stage(extras / "layers.blend")

    assert "its zip can't be read" in farm.render(file, BLEND_ADDONS="torn.zip").outcome.error_message
    assert "not among the files" in farm.render(file, BLEND_ADDONS="../../etc/passwd").outcome.error_message


def test_an_add_on_writes_nothing_outside_its_folder(farm, extras):
    name = zipped(farm, "sly.zip", **{"sly/__init__.py": LEGACY, "../../../../job/escaped.txt": "here"})

    assert farm.render(farm.stage(extras / "layers.blend"), BLEND_ADDONS=name).outcome.is_success
    assert not (farm.job / "escaped.txt").exists()


def test_an_add_on_finds_the_instance_in_its_environment(farm, extras):
    name = zipped(farm, "env.zip", **{"env.py": LEGACY + "\nimport os\nprint('frame', os.environ['FRAME_ID'])\n"})

    assert farm.render(farm.stage(extras / "layers.blend"), BLEND_ADDONS=name, FRAME_ID="7").said("frame 7")


def test_only_the_chosen_view_layer_is_rendered(any_farm, extras):
    chosen = any_farm.render(
        any_farm.stage(extras / "layers.blend"), BLEND_VIEW_LAYER="Shadows", BLEND_FORMAT="MULTILAYER"
    )

    assert chosen.outcome.is_success, chosen.outcome
    import OpenImageIO as oiio

    picture = oiio.ImageInput.open(str(any_farm.job / "0001.exr"))
    names = {name for layer in layers_of(picture) for name in layer}
    assert any("Shadows" in name for name in names)
    assert not any("ViewLayer" in name for name in names)


def layers_of(picture):
    count = 0
    while picture.seek_subimage(count, 0):
        spec = picture.spec()
        part = str(spec.getattribute("oiio:subimagename") or "")
        yield [f"{part} {name}" for name in spec.channelnames]
        count += 1


def test_an_unknown_view_layer_is_answered_with_the_known(farm, extras):
    outcome = farm.render(farm.stage(extras / "layers.blend"), BLEND_VIEW_LAYER="Beauty").outcome

    assert outcome.error_code == "VIEW_LAYER_UNKNOWN"
    assert "“Beauty”. It has: ViewLayer, Shadows" in outcome.error_message


def test_denoising_is_switched_on_and_off_by_the_order(any_farm, extras):
    file = any_farm.stage(extras / "layers.blend")
    noisy = any_farm.render(file, BLEND_DENOISING="OFF", BLEND_CYCLES_SAMPLES="2")
    noise = (any_farm.job / "0001.png").read_bytes()

    smooth = any_farm.render(file, BLEND_DENOISING="ON", BLEND_CYCLES_SAMPLES="2")

    assert noisy.outcome.is_success and smooth.outcome.is_success
    assert (any_farm.job / "0001.png").read_bytes() != noise


def test_a_denoising_that_is_no_switch_is_refused(farm, extras):
    outcome = farm.render(farm.stage(extras / "layers.blend"), BLEND_DENOISING="much").outcome

    assert outcome.error_message == "BLEND_DENOISING is ON or OFF, or empty, not “much”."


@pytest.mark.parametrize("engine", ["BLENDER_RENDER", "BLENDER_GAME"])
def test_an_engine_of_old_is_its_successor_and_the_log_says_so(farm, extras, engine):
    rendered = farm.render(
        farm.stage(extras / "layers.blend"), BLEND_ENGINE=engine, BLEND_W="16", BLEND_H="16", BLEND_CYCLES_SAMPLES="1"
    )

    assert rendered.said(f"{engine} is no engine of Blender 4.5.15")
    assert rendered.outcome.is_success or rendered.outcome.error_code == "NO_OPENGL"


def test_files_of_another_machine_are_found_by_their_names(any_farm, extras):
    file = any_farm.stage(extras / "linked.blend")
    any_farm.stage(extras / "library.blend", "assets/library.blend")
    any_farm.stage(extras / "paint.png", "assets/textures/paint.png")

    rendered = any_farm.render(file, BLEND_W="32", BLEND_H="18")

    assert rendered.outcome.is_success, rendered.outcome
    assert rendered.said("Found by its name among the files of the render: /home/artist/library.blend")
    assert rendered.said("Found by its name among the files of the render: /home/artist/textures/paint.png")
    assert not rendered.said("Missing")
    red, green, blue = Image.open(any_farm.job / "0001.png").convert("RGB").getpixel((16, 9))
    assert green - max(red, blue) > 50, "the painted cube"


def test_what_is_nowhere_stays_missing(farm, extras):
    file = farm.stage(extras / "linked.blend")
    farm.stage(extras / "library.blend", "assets/library.blend")

    rendered = farm.render(file)

    assert rendered.said("Found by its name among the files of the render: /home/artist/library.blend")
    assert rendered.said("Missing picture: /home/artist/textures/paint.png")
