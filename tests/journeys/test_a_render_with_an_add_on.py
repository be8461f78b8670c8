"""An add-on brought with an order: checked, switched on in the sandbox, and seen in the picture."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.journeys import artist
from tests.journeys.making_files import make
from tests.plain_blender import pixels

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

ADD_ON = """
bl_info = {"name": "Everything blue", "version": (1, 0), "blender": (4, 2, 0), "category": "Render"}

import bpy
from bpy.app.handlers import persistent

@persistent
def paint(*_):
    for material in bpy.data.materials:
        for node in material.node_tree.nodes:
            if node.type == "EMISSION":
                for link in list(node.inputs["Color"].links):
                    material.node_tree.links.remove(link)
                node.inputs["Color"].default_value = (0, 0, 1, 1)

def register():
    bpy.app.handlers.load_post.append(paint)

def unregister():
    bpy.app.handlers.load_post.remove(paint)
"""


@pytest.fixture
def hall(tmp_path):
    make("making_libraries.py", tmp_path)
    return tmp_path / "hall.blend"


@pytest.fixture
def add_on(tmp_path):
    file = tmp_path / "everything blue.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("everything_blue/__init__.py", ADD_ON)
    return file


def colour(page):
    """Of the left wall in the picture that landed."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    picture = pixels(zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())).read("0001.png"))
    return [round(float(part), 1) for part in picture[16, 16, :3]]


def test_an_add_on_brought_with_the_order_changes_the_picture(stack, page, hall, add_on):
    artist.sign_up(page, stack.url, "add-on@example.org")
    artist.drop_scene(page, stack.url, hall)
    page.locator("[data-add-on-file]").set_input_files(add_on)
    expect(page.get_by_role("checkbox", name="Everything blue")).to_be_checked(timeout=30_000)

    render = artist.order(page, "1", percent=100)

    assert artist.wait_for_the_end(page) == "completed"
    assert "Add-on switched on: everything_blue" in page.request.get(f"{render}log.txt").text()
    assert colour(page) == [0, 0, 1]


def test_an_add_on_that_is_always_on_is_chosen_in_a_new_order(stack, page, hall, add_on):
    artist.sign_up(page, stack.url, "always-on@example.org")
    page.goto(f"{stack.url}/add-ons/")
    page.locator("[data-add-on-file]").set_input_files(add_on)
    page.get_by_role("button", name="Switch always on").click(timeout=30_000)
    expect(page.get_by_role("button", name="Always on")).to_have_attribute("aria-pressed", "true")

    artist.drop_scene(page, stack.url, hall)

    expect(page.get_by_role("checkbox", name="Everything blue")).to_be_checked()
