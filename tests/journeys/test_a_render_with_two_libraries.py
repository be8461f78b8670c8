"""Textures and linked scenes kept in libraries: filled in the browser, proposed by the order, rendered from."""

import io
import json
import zipfile

import pytest
import qarnot
from playwright.sync_api import expect

from tests.journeys import artist
from tests.journeys.making_files import make
from tests.plain_blender import pixels

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

HUGE = b"not needed by any scene\n" * 220_000
"""5 MB."""
LAID_OUT = """
import json
from farm.models import Task
from farm.node.staging import plan_of
task = Task.objects.get(account__email="libraries@example.org")
sizes = {path: found.size for path, found in plan_of(task).objects.items()}
print(json.dumps([sizes, len(task.resource_buckets)]))
"""


@pytest.fixture
def studio(tmp_path):
    """hall.blend; kit/props with the scene it links and that one's texture; textures with its own, and a huge file."""
    make("making_libraries.py", tmp_path)
    (tmp_path / "kit").mkdir()
    (tmp_path / "props").rename(tmp_path / "kit" / "props")
    (tmp_path / "textures" / "huge.exr").write_bytes(HUGE)
    return tmp_path


def fill_library(page, url, name, folder, files):
    page.goto(f"{url}/libraries/")
    page.get_by_label("Name of a new library").fill(name)
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/libraries/*-*/")
    page.locator("#pick-folder").set_input_files(folder)
    for path in files:
        expect(page.locator("#library-files")).to_contain_text(path, timeout=30_000)
    expect(page.get_by_text("Looking through the bucket")).to_have_count(0, timeout=60_000)


def test_a_scene_without_its_textures_is_rendered_from_two_libraries(stack, page, studio):
    artist.sign_up(page, stack.url, "libraries@example.org")
    fill_library(page, stack.url, "Wood and stone", studio / "textures", ["textures/red.png", "textures/huge.exr"])
    fill_library(page, stack.url, "Props", studio / "kit", ["kit/props/wall.blend", "kit/props/maps/green.png"])

    artist.drop_scene(page, stack.url, studio / "hall.blend")
    expect(page.locator(".problem").first).to_contain_text("missing: props/wall.blend")
    expect(page.get_by_text("Your library “Wood and stone” has red.png: chosen below.")).to_be_visible()
    for name in ("Wood and stone", "Props"):
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    artist.order(page, "1", percent=100)
    assert artist.wait_for_the_end(page) == "completed"

    sizes, resource_count = json.loads(stack.manage("shell", "-v", "0", "-c", LAID_OUT).splitlines()[-1])
    assert sorted(sizes) == ["hall.blend", "props/maps/green.png", "props/wall.blend", "textures/red.png"]
    assert sum(sizes.values()) < len(HUGE)
    assert resource_count == 4
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    picture = pixels(zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())).read("0001.png"))
    assert [round(float(part), 1) for part in picture[16, 16, :3]] == [1, 0, 0]
    assert [round(float(part), 1) for part in picture[16, 48, :3]] == [0, 1, 0]


def test_what_a_script_puts_into_the_bucket_belongs_to_the_library(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "by-script@example.org")
    (tmp_path / "sky").mkdir()
    (tmp_path / "sky" / "dawn.exr").write_bytes(b"dawn")
    fill_library(page, stack.url, "Sky", tmp_path / "sky", ["sky/dawn.exr"])
    token = stack.manage("account", "token", "by-script@example.org", "script")
    bucket = qarnot.Connection(client_token=token, cluster_url=f"{stack.url}/farm").retrieve_bucket("library-sky")
    assert [found.key for found in bucket.list_files()] == ["sky/dawn.exr"]

    bucket.add_string("clouds", "clouds/noon.exr")
    page.get_by_role("button", name="Look again").click()

    expect(page.locator("#library-files")).to_contain_text("clouds/noon.exr", timeout=30_000)
    page.get_by_role("button", name="Delete clouds/noon.exr").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#library-files")).not_to_contain_text("clouds/noon.exr")
    assert [found.key for found in bucket.list_files()] == ["sky/dawn.exr"]
