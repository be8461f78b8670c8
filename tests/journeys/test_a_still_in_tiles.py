"""One picture, rendered as four tiles that are put together, is the picture that is rendered whole."""

import pytest
from playwright.sync_api import expect

from tests.journeys import artist
from tests.scenes import scene

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

STILL = "clevr/image_generation/data/base_scene.blend"


def ordered(page, url, tiles):
    artist.drop_scene(page, url, scene(STILL))
    page.get_by_text("More settings").click()
    page.get_by_label("Tiles").select_option(label=tiles)
    page.get_by_text("More settings").click()
    return artist.order(page, "1", percent=100, samples=4)


def test_a_still_in_tiles_equals_the_whole_pixel_for_pixel(stack, page):
    artist.sign_up(page, stack.url, "poster@example.org")
    ordered(page, stack.url, "Whole picture")
    assert artist.wait_for_the_end(page) == "completed"
    whole = artist.picture(page, 1)

    ordered(page, stack.url, "2 × 2 tiles")

    expect(page.locator(".machine-name").filter(has_text="of 4 of frame 1").first).to_be_attached(timeout=60_000)
    assert artist.wait_for_the_end(page) == "completed"
    expect(page.locator(".headline-sentence")).to_contain_text("Done: 1 frame.")
    expect(page.locator(".machine-name").filter(has_text="Joining frame 1")).to_be_attached()
    tiled = artist.picture(page, 1)
    assert tiled.shape == whole.shape
    assert (tiled == whole).all()
