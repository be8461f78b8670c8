"""A picture in tiles is the whole picture, with a real Blender and the program that joins them."""

import subprocess
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from farm.engines.blender import opengl
from farm.engines.joining import open_joining
from farm.engines.profile import EnginePlace, InstanceOrder

pytestmark = pytest.mark.engine

MAKING = Path(__file__).parent / "making_tiles.py"


@pytest.fixture(scope="session")
def tile_scenes(blender, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles")
    subprocess.run([blender.python, MAKING, folder], check=True, stdout=subprocess.DEVNULL, timeout=60)
    return folder


@pytest.fixture
def whole(farm, tile_scenes):
    """The picture rendered in one piece; its file moved out of the way of the tiles."""

    def render(scene, name, **constants):
        rendered = farm.render(farm.stage(tile_scenes / scene), **constants)
        assert rendered.outcome.is_success, rendered.outcome
        return Path((farm.job / name).rename(farm.folder / f"whole-{name}"))

    return render


@pytest.fixture
def joined(farm, tile_scenes):
    """The picture rendered in tiles by one warm engine, and put together."""

    def render(scene, name, side=2, **constants):
        file, engine = farm.stage(tile_scenes / scene), farm.engine()
        for part in range(side * side):
            tile = farm.render(file, part=part, tile_side=side, engine=engine, **constants)
            assert tile.outcome.is_success, tile.outcome
        engine.close()
        outcome = join(farm, side)
        assert outcome.is_success, outcome
        return farm.job / name

    return render


def join(farm, side):
    place = EnginePlace(farm.job, farm.folder / "join-scratch", threads=1, tier=farm.tier, limits=farm.limits)
    joiner = open_joining(place)
    try:
        return joiner.run(InstanceOrder(1, 1, side * side, side), lambda event: None, lambda: False)
    finally:
        joiner.close()


def content(path):
    """Per layer: the names and formats of the channels, and the pixels as they are stored."""
    how = oiio.ImageSpec()
    how["oiio:UnassociatedAlpha"] = 1
    picture = oiio.ImageInput.open(str(path), how)
    layers = []
    while picture.seek_subimage(len(layers), 0):
        spec = picture.spec()
        formats = [str(kind) for kind in spec.channelformats] or [str(spec.format)] * spec.nchannels
        kind = "float" if "float" in formats or "half" in formats else str(spec.format)
        pixels = np.asarray(picture.read_image(len(layers), 0, 0, spec.nchannels, kind))
        layers.append((list(zip(spec.channelnames, formats, strict=True)), pixels))
    picture.close()
    return layers


def assert_same(one, other):
    ours, theirs = content(one), content(other)
    assert [layer[0] for layer in ours] == [layer[0] for layer in theirs]
    for (_, here), (_, there) in zip(ours, theirs, strict=True):
        assert here.shape == there.shape
        assert np.array_equal(here, there, equal_nan=True), f"{np.count_nonzero(here != there)} values differ"


@pytest.mark.parametrize(
    ("picture_format", "name", "side"),
    [
        ("PNG", "0001.png", 2),
        ("PNG", "0001.png", 3),
        ("EXR", "0001.exr", 2),
        ("MULTILAYER", "0001.exr", 2),
        ("TGA", "0001.tga", 2),
    ],
)
def test_a_picture_in_tiles_is_the_whole_pixel_for_pixel(whole, joined, picture_format, name, side):
    expected = whole("tiles.blend", name, BLEND_FORMAT=picture_format)

    assert_same(joined("tiles.blend", name, side, BLEND_FORMAT=picture_format), expected)


@pytest.mark.parametrize(("picture_format", "name"), [("PNG", "0001.png"), ("MULTILAYER", "0001.exr")])
def test_tiles_are_the_whole_in_every_blender(any_farm, whole, joined, picture_format, name):
    expected = whole("tiles.blend", name, BLEND_FORMAT=picture_format)

    assert_same(joined("tiles.blend", name, BLEND_FORMAT=picture_format), expected)


def test_where_sampling_adapts_to_its_neighbours_the_tiles_are_the_whole_too(whole, joined):
    expected = whole("adaptive.blend", "0001.exr", BLEND_FORMAT="EXR")

    assert_same(joined("adaptive.blend", "0001.exr", 3, BLEND_FORMAT="EXR"), expected)


def test_a_jpeg_is_compressed_once(whole, joined):
    expected = content(whole("tiles.blend", "0001.jpg", BLEND_FORMAT="JPEG"))[0][1]

    picture = content(joined("tiles.blend", "0001.jpg", BLEND_FORMAT="JPEG"))[0][1]

    assert picture.shape == expected.shape == (67, 101, 3)
    assert np.abs(picture.astype(int) - expected.astype(int)).max() <= 4


def test_a_tile_costs_a_tile(farm, tile_scenes):
    tile = farm.render(farm.stage(tile_scenes / "tiles.blend"), part=3, tile_side=2)

    assert tile.outcome.is_success
    pixels = content(farm.job / "tiles/0001/3.png")[0][1]
    assert max(pixels[:20, :, :3].max(), pixels[:, :40, :3].max()) <= 1, "nothing but the dither of a black picture"
    assert pixels[40:, 60:, :3].min() > 0


def test_denoised_tiles_have_no_seam(whole, joined):
    expected = content(whole("denoised.blend", "0001.png"))[0][1].astype(int)

    picture = content(joined("denoised.blend", "0001.png"))[0][1].astype(int)

    difference = np.abs(picture - expected)[..., :3]
    at_the_seam = difference[:, 49:52].mean(), difference[32:35].mean()
    assert difference.max() <= 8
    assert max(at_the_seam) < 1


def test_tiles_of_workbench_have_no_seam(whole, joined):
    if not opengl.has_opengl():
        pytest.skip("this machine has no OpenGL for EEVEE and Workbench")
    order = {"BLEND_ENGINE": "BLENDER_WORKBENCH"}
    expected = content(whole("tiles.blend", "0001.png", **order))[0][1].astype(int)

    picture = content(joined("tiles.blend", "0001.png", **order))[0][1].astype(int)

    assert np.abs(picture - expected).max() <= 2


@pytest.mark.parametrize(
    ("scene", "words"), [("composited.blend", "has a compositor"), ("region.blend", "only a region of its picture")]
)
def test_what_works_on_the_whole_picture_is_not_cut(any_farm, tile_scenes, scene, words):
    outcome = any_farm.render(any_farm.stage(tile_scenes / scene), part=0, tile_side=2).outcome

    assert (outcome.error_code, outcome.is_final) == ("TILES_REFUSED", True)
    assert words in outcome.error_message


def test_a_picture_smaller_than_its_tiles_is_not_cut(farm, tile_scenes):
    order = {"BLEND_W": "4", "BLEND_H": "4"}
    outcome = farm.render(farm.stage(tile_scenes / "tiles.blend"), part=0, tile_side=5, **order).outcome

    assert "A picture of 4 × 4 pixels" in outcome.error_message


def test_a_tile_that_is_gone_is_named(farm, tile_scenes):
    for part in (0, 1, 3):
        farm.render(farm.stage(tile_scenes / "tiles.blend"), part=part, tile_side=2)

    outcome = join(farm, 2)

    assert (outcome.error_code, outcome.is_final) == ("TILES_MISSING", True)
    assert "Tile 3 is not in the results any more" in outcome.error_message
