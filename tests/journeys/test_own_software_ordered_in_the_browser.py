"""An image of one's own, ordered on a page without a line of script; its file is taken home."""

import pytest

from tests.journeys import artist

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def test_a_command_in_an_image_leaves_its_file_on_the_page(stack, page, registries):
    artist.sign_up(page, stack.url, "by-hand@example.org")
    page.goto(f"{stack.url}/renders/new/")
    page.get_by_role("link", name="Run your own software").click()
    page.get_by_label("Name of the task").fill("greeting")
    page.get_by_label("Image").fill("busybox")
    page.get_by_label("Command").fill('sh -c "echo from $INSTANCE_ID > /job/greeting-$INSTANCE_ID.txt"')
    page.get_by_label("Instances").fill("2")
    page.get_by_text("More settings").click()
    page.get_by_label("Registry", exact=True).fill(f"http://{registries[0].address}")

    page.get_by_role("button", name="Run", exact=True).click()

    page.wait_for_url("**/renders/*-*-*-*-*/")
    assert artist.wait_for_the_end(page) == "completed"
    with page.expect_download() as download:
        page.get_by_role("link", name="greeting-1.txt").click()
    assert download.value.path().read_text() == "from 1\n"
