"""Landed frames are opened in the sandbox, and made small for the pages."""

import subprocess

import numpy as np
import OpenImageIO as oiio
import pytest
from django.utils import timezone

from farm.engines import profiles
from jobs.buckets import bucket_of
from jobs.domain import finishing, pictures
from jobs.enums import FrameState
from jobs.models import Frame

pytestmark = pytest.mark.usefixtures("store")


def picture(path, colour=(0.2, 0.5, 0.3, 1.0), size=(640, 360), names=("R", "G", "B", "A"), kind=oiio.UINT8):
    pixels = np.empty((size[1], size[0], len(colour)), dtype=np.float32)
    pixels[:] = colour
    output = oiio.ImageOutput.create(str(path))
    spec = oiio.ImageSpec(*size, len(colour), kind)
    spec.channelnames = names
    output.open(str(path), spec)
    output.write_image(pixels)
    output.close()
    return path.read_bytes()


def opened(job, files):
    for number, (key, content) in enumerate(files.items(), start=1):
        bucket_of(job.account, job.result_bucket).put(key, content)
        Frame.objects.filter(job=job, number=number).update(
            key=key, size_bytes=len(content), state=FrameState.DONE, landed_at=timezone.now()
        )
    pictures.open_landed(job)
    return list(job.frame_set.order_by("number"))


def shown(file, tmp_path):
    """Size and middle pixel of a preview, as a browser would have it."""
    path = tmp_path / "shown.webp"
    path.write_bytes(file.read())
    read = oiio.ImageInput.open(str(path))
    spec, pixels = read.spec(), read.read_image(oiio.FLOAT)
    return (spec.width, spec.height), pixels[spec.height // 2, spec.width // 2]


def test_a_frame_gets_a_thumbnail_and_its_size(job, tmp_path):
    frame = opened(job, {"0001.png": picture(tmp_path / "a.png")})[0]

    size, pixel = shown(frame.thumbnail, tmp_path)
    assert (frame.width, frame.height, frame.looks) == (640, 360, "")
    assert size == (320, 180)
    assert pixel[:3] == pytest.approx([0.2, 0.5, 0.3], abs=0.03)


def test_open_pages_hear_of_it(job, tmp_path):
    before = job.revision

    frame = opened(job, {"0001.png": picture(tmp_path / "a.png")})[0]

    job.refresh_from_db()
    assert job.revision == frame.revision > before


@pytest.mark.parametrize(
    ("colour", "looks"),
    [((0, 0, 0, 1), "black"), ((1, 0, 1, 1), "pink"), ((0, 0, 0, 0), "empty"), ((0.9, 0.5, 0.6, 1), "")],
)
def test_a_picture_that_is_black_pink_or_empty_is_marked(job, tmp_path, colour, looks):
    frame = opened(job, {"0001.png": picture(tmp_path / "a.png", colour)})[0]

    assert (frame.state, frame.looks) == (FrameState.DONE, looks)


def test_what_is_no_picture_is_not_done(job, tmp_path):
    bad, good = opened(job, {"0001.png": b"<svg onload=alert(1)>", "0002.png": picture(tmp_path / "a.png")})[:2]

    assert (bad.state, bad.problem["id"]) == (FrameState.FAILED, "frame_unreadable")
    assert good.state == FrameState.DONE
    job.refresh_from_db()
    assert (job.frames_done_count, job.frames_failed_count) == (1, 1)


def test_a_picture_cut_short_is_not_done(job, tmp_path):
    whole = picture(tmp_path / "a.png", size=(1000, 1000))
    noise = np.random.default_rng(1).random((300, 300, 4)).astype(np.float32)
    output = oiio.ImageOutput.create(str(tmp_path / "n.png"))
    output.open(str(tmp_path / "n.png"), oiio.ImageSpec(300, 300, 4, oiio.UINT8))
    output.write_image(noise)
    output.close()
    cut = (tmp_path / "n.png").read_bytes()[:20_000]

    frames = opened(job, {"0001.png": cut, "0002.png": whole})

    assert [frame.state for frame in frames[:2]] == [FrameState.FAILED, FrameState.DONE]


SAVE_RENDER = """
import os, sys
import bpy
scene = bpy.context.scene
scene.view_settings.view_transform, scene.render.image_settings.file_format = "AgX", "PNG"
bpy.data.images.load(sys.argv[1]).save_render(sys.argv[2], scene=scene)
sys.stdout.flush(); os._exit(0)
"""


@pytest.mark.engine
@pytest.mark.parametrize("colour", [(0.18, 0.18, 0.18, 1.0), (4.0, 0.6, 0.1, 1.0), (0.02, 0.1, 0.9, 1.0)])
def test_scene_light_is_shown_as_blender_saves_it(job, tmp_path, colour):
    profile = profiles.find("blender-4.5")
    if not profile.is_installed:
        pytest.skip("Blender 4.5 is not installed")
    exr = picture(tmp_path / "a.exr", colour, size=(64, 36), kind=oiio.HALF)
    paths = [str(tmp_path / "a.exr"), str(tmp_path / "blender.png")]
    subprocess.run([str(profile.python), "-c", SAVE_RENDER, *paths], check=True, capture_output=True)

    frame = opened(job, {"0001.exr": exr})[0]

    _, ours = shown(frame.preview, tmp_path)
    blenders = oiio.ImageInput.open(paths[1]).read_image(oiio.FLOAT)[18, 32]
    assert ours[:3] == pytest.approx(list(blenders[:3]), abs=0.02)


def test_the_combined_pass_of_a_multilayer_is_shown(job, tmp_path):
    names = ("ViewLayer.Combined.R", "ViewLayer.Combined.G", "ViewLayer.Combined.B", "ViewLayer.Combined.A")
    exr = picture(tmp_path / "a.exr", (1.0, 0.0, 0.0, 1.0), names=names, kind=oiio.HALF)

    frame = opened(job, {"0001.exr": exr})[0]

    _, pixel = shown(frame.thumbnail, tmp_path)
    assert frame.state == FrameState.DONE
    assert pixel[0] > 3 * pixel[1]


def test_nothing_is_opened_twice(job, tmp_path):
    opened(job, {"0001.png": picture(tmp_path / "a.png")})
    name = job.frame_set.get(number=1).thumbnail.name

    pictures.open_landed(job)

    assert job.frame_set.get(number=1).thumbnail.name == name
    assert not finishing.unopened(job).exists()


def test_a_file_that_is_gone_again_holds_up_no_other(job, tmp_path):
    bucket_of(job.account, job.result_bucket).put("0002.png", picture(tmp_path / "a.png"))
    for number in (1, 2):
        job.frame_set.filter(number=number).update(
            key=f"000{number}.png", size_bytes=9, state=FrameState.DONE, landed_at=timezone.now()
        )

    pictures.open_landed(job)

    gone, there = job.frame_set.order_by("number")[:2]
    assert (gone.state, gone.problem) == (FrameState.FAILED, {"id": "frame_missing"})
    assert (there.state, there.width) == (FrameState.DONE, 640)
    assert not finishing.unopened(job).exists()
