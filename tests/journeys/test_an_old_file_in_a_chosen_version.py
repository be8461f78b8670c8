"""A scene of Blender 2.77: a version is proposed, another one chosen, and that one's picture comes back."""

import pytest
from playwright.sync_api import expect

from tests.journeys import artist
from tests.plain_blender import pixels, render
from tests.scenes import scene

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

OLD = "clevr/image_generation/data/base_scene.blend"


def test_an_old_file_is_rendered_by_the_blender_that_was_chosen(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "archive@example.org")
    artist.drop_scene(page, stack.url, scene(OLD))
    expect(page.locator(".order-sum")).to_contain_text("The file was saved by Blender 2.77.")
    page.get_by_label("Frames", exact=True).fill("3")
    page.get_by_label("Samples").fill("4")
    page.get_by_text("More settings").click()
    other = page.locator("#order_profile option:not(:checked):not([disabled])").first
    chosen = other.get_attribute("value")

    page.locator("#order_profile").select_option(chosen)

    note = page.locator(".order-version .field-note")
    expect(note).to_contain_text("A newer one opens it, but light and materials may look different")
    expect(page.get_by_label("Samples")).to_have_value("4")
    expect(page.locator("#order_profile")).to_have_value(chosen)
    page.get_by_role("button", name="Render", exact=True).click()
    page.wait_for_url("**/renders/*-*-*-*-*/")
    assert artist.wait_for_the_end(page) == "completed"
    page.get_by_text("Details").click()
    expect(page.locator(".render-facts")).to_contain_text(chosen)
    render(chosen, scene(OLD), tmp_path, [3], threads=2, percent=50, samples=4)
    difference = abs(artist.picture(page, 3)[..., :3] - pixels(tmp_path / "0003.png")[..., :3])
    assert difference.max() <= 2 / 255
