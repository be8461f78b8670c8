"""An artist of the studio renders at Qarnot: her token, a scene sent to its storage, the log, the frames, the zip.

Qarnot is a second stack that behaves as the service does (farm.api.quirks), with accounts of its own.
"""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.contract.people import open_account
from tests.journeys import artist
from tests.plain_blender import pixels, render
from tests.scenes import scene

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

SCENE = "golem-cubes/examples/blender/cubes.blend"


def give_token(page, url, token):
    page.goto(f"{url}/account/")
    page.get_by_label("API token of your Qarnot account").fill(token)
    page.get_by_role("button", name="Add the token").click()


def test_a_scene_goes_to_qarnot_and_its_pictures_come_home(stack, qarnot, page, tmp_path):
    there = open_account(qarnot.stack, "artist-at-qarnot")
    artist.sign_up(page, stack.url, "goes-to-qarnot@example.org")

    give_token(page, stack.url, "rw_00000000000000000000.not-the-right-one")
    expect(page.locator("[data-tone=failed]")).to_contain_text("Qarnot does not know this token.")
    give_token(page, stack.url, there["token"])
    expect(page.locator("#qarnot")).to_contain_text(there["email"])
    assert there["token"] not in page.content()
    assert there["token"][-4:] in page.locator("#qarnot").inner_text()

    page.goto(f"{stack.url}/renders/new/")
    page.get_by_role("radio", name="Qarnot").check()
    sent_to = []
    page.on("request", lambda asked: sent_to.append(asked.url) if asked.method == "PUT" else None)
    page.locator("#pick-file").set_input_files(str(scene(SCENE)))
    expect(page.get_by_role("button", name="Render", exact=True)).to_be_visible(timeout=60_000)
    assert sent_to and all(url.startswith(f"http://127.0.0.1:{qarnot.stack.port + 1}/") for url in sent_to)
    expect(page.get_by_role("radio", name="Qarnot")).to_be_checked()
    artist.order(page, "1,20", percent=5, samples=4)

    expect(page.locator("[data-log-list]")).to_contain_text("Frame", timeout=90_000)
    assert artist.wait_for_the_end(page) == "completed"
    expect(page.locator(".wall img")).to_have_count(2, timeout=30_000)
    expect(page.locator(".render-facts")).to_contain_text("at Qarnot")
    expect(page.locator("body")).not_to_contain_text("no machine yet")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert sorted(archive.namelist()) == ["0001.png", "0020.png"]
    render("blender-4.5", scene(SCENE), tmp_path, [1, 20], threads=2, percent=5, samples=4)
    for name in archive.namelist():
        difference = abs(pixels(archive.read(name))[..., :3] - pixels(tmp_path / name)[..., :3])
        assert difference.max() <= 2 / 255, name


def test_a_scene_of_the_studio_is_brought_there_when_it_is_ordered_there(stack, qarnot, page):
    there = open_account(qarnot.stack, "second-at-qarnot")
    artist.sign_up(page, stack.url, "changes-her-mind@example.org")
    give_token(page, stack.url, there["token"])
    artist.drop_scene(page, stack.url, scene(SCENE))

    page.get_by_role("radio", name="Qarnot").check()
    expect(page.get_by_text("Its files are copied there first.")).to_be_visible(timeout=20_000)
    artist.order(page, "3", percent=5, samples=4)

    assert artist.wait_for_the_end(page) == "completed"
    assert artist.picture(page, 3).shape[:2] == (108, 204)
