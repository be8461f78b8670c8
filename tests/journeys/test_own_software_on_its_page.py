"""A studio runs its own image; who ordered it by script watches it, and takes its files home, in the browser."""

import contextlib

import pytest
import qarnot
from playwright.sync_api import expect
from qarnot.exceptions import UnauthorizedException

from tests.journeys import artist

pytestmark = [pytest.mark.stack, pytest.mark.browser]

EMAIL = "own-software@example.org"
SCRIPT = (
    "for percent in 10 40 70; do echo progress $percent; sleep 1; done; "
    "while [ ! -e /job/go ]; do sleep 0.2; done; cat /job/names.txt > /job/report.txt; echo progress 100"
)


@pytest.fixture
def task(stack, signed_in, registries):
    """Ordered by the account's own script; it waits in the middle until `go` lies in its resources."""
    token = stack.manage("account", "token", EMAIL, "script")
    conn = qarnot.Connection(client_token=token, cluster_url=f"{stack.url}/farm")
    resources = conn.retrieve_or_create_bucket("names")
    resources.add_string("ada\ngrace\n", "names.txt")
    task = conn.create_task("count names", "docker-batch", 1)
    task.constants.update(
        {
            "DOCKER_SRV": f"http://{registries[0].address}",
            "DOCKER_REPO": "busybox",
            "DOCKER_CMD": f'sh -c "{SCRIPT}"',
            "DOCKER_PROGRESS1": r"progress (\d+)",
        }
    )
    task.resources = [resources]
    task.results = conn.create_bucket("names-out")
    task.submit()
    yield task
    with contextlib.suppress(UnauthorizedException):  # it has ended
        task.abort()


@pytest.fixture
def signed_in(stack, page):
    artist.sign_up(page, stack.url, EMAIL)
    return page


def test_an_image_of_the_account_runs_and_is_seen_with_its_progress(stack, signed_in, task):
    page = signed_in
    page.goto(f"{stack.url}/renders/")
    page.get_by_role("link", name="count names").click()

    expect(page.locator("#machine-0 progress")).to_have_attribute("value", "70.0", timeout=60_000)
    expect(page.locator("[data-log-list]")).to_contain_text("progress 70")
    task.resources[0].add_string("", "go")
    task.update_resources()

    assert artist.wait_for_the_end(page) == "completed"
    with page.expect_download() as download:
        page.get_by_role("link", name="report.txt").click()
    assert download.value.path().read_text() == "ada\ngrace\n"
