"""The whole main job in a real browser: sign up, drop, check, order, watch, take home."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.journeys import artist
from tests.plain_blender import pixels, render
from tests.scenes import scene

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

SCENE = "golem-cubes/examples/blender/cubes.blend"


def test_three_frames_from_sign_up_to_the_pictures_in_the_zip(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "artist@example.org")
    expect(page.get_by_text("60").first).to_be_visible()

    artist.drop_scene(page, stack.url, scene(SCENE))
    expect(page.get_by_text("1–250").first).to_be_visible()
    artist.order(page, "1,20,40", percent=5, samples=4)

    expect(page.locator("[data-log-list]")).to_contain_text("Frame", timeout=60_000)
    expect(page.locator("#frame-1 img")).to_be_visible(timeout=60_000)
    assert artist.wait_for_the_end(page) == "completed"
    expect(page.locator(".wall img")).to_have_count(3, timeout=30_000)
    expect(page.locator(".carbon-figures")).to_contain_text("of electricity")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == ["0001.png", "0020.png", "0040.png"]
    render("blender-4.5", scene(SCENE), tmp_path, [1, 20, 40], threads=2, percent=5, samples=4)
    for name in archive.namelist():
        difference = abs(pixels(archive.read(name))[..., :3] - pixels(tmp_path / name)[..., :3])
        assert difference.max() <= 2 / 255, name


def test_a_frame_list_that_cannot_be_read_is_refused_beside_its_field(stack, page):
    artist.sign_up(page, stack.url, "typo@example.org")
    artist.drop_scene(page, stack.url, scene(SCENE))

    page.get_by_label("Frames", exact=True).fill("1-x")
    page.get_by_role("button", name="Render", exact=True).click()

    expect(page.locator("#order_frames[aria-invalid=true]")).to_be_visible()
    assert page.url.startswith(f"{stack.url}/renders/new/")


def test_a_file_that_is_no_scene_gets_a_sentence(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "wrong@example.org")
    wrong = tmp_path / "holiday.blend"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 5000)

    page.goto(f"{stack.url}/renders/new/")
    page.locator("#pick-file").set_input_files(str(wrong))

    expect(page.locator(".problem").first).to_be_visible(timeout=30_000)
    expect(page.locator("body")).not_to_contain_text("Traceback")


def test_a_cancelled_render_keeps_what_is_there_and_the_rest_can_be_rendered_again(stack, page):
    artist.sign_up(page, stack.url, "cancels@example.org")
    artist.drop_scene(page, stack.url, scene(SCENE))
    artist.order(page, "1-30", percent=8, samples=8)
    expect(page.locator("#frame-1 img")).to_be_visible(timeout=60_000)

    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the render").click()

    assert artist.wait_for_the_end(page, 30) == "cancelled"
    expect(page.locator("#frame-1 img")).to_be_visible()
    assert page.locator(".frame[data-state=cancelled]").count() > 0
    page.get_by_role("button", name="Render the missing frames again").click()
    assert artist.wait_for_the_end(page, 120) == "completed"
    expect(page.locator(".frame[data-state=done]")).to_have_count(30)
