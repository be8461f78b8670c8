"""A LuxCore scene in the browser: one picture, without frames to choose, from its own form."""

import pytest
from playwright.sync_api import expect

from tests.engines.small_scenes import CONFIGURATION, SCENE, SQUARE
from tests.journeys import artist

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]


def test_a_lamp_shines_in_a_picture_of_luxcore(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "luxcore@example.org")
    for name, text in (("render.cfg", CONFIGURATION), ("scene.scn", SCENE), ("square.ply", SQUARE)):
        (tmp_path / name).write_text(text)

    artist.drop_scene(page, stack.url, *sorted(tmp_path.iterdir()))
    expect(page.locator("#scene")).to_contain_text("LuxCore")
    expect(page.get_by_label("Frames", exact=True)).to_have_count(0)
    expect(page.get_by_label("Samples", exact=True)).to_have_value("8")
    page.get_by_label("Samples", exact=True).fill("16")
    page.get_by_role("button", name="Render", exact=True).click()
    page.wait_for_url("**/renders/*-*-*-*-*/")

    assert artist.wait_for_the_end(page) == "completed"
    picture = artist.picture(page, 0)
    assert picture.shape[:2] == (40, 40)
    assert picture[20, 20][0] > 0.9 > 0.1 > picture[2, 2][0]


def test_a_mesh_that_was_forgotten_is_named_before_the_order(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "luxcore-mesh@example.org")
    for name, text in (("render.cfg", CONFIGURATION), ("scene.scn", SCENE)):
        (tmp_path / name).write_text(text)

    artist.drop_scene(page, stack.url, *sorted(tmp_path.iterdir()))

    expect(page.locator("main")).to_contain_text("The mesh “square.ply” is not among the uploaded files")
