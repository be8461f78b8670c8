"""One running stack and one browser for all journeys."""

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import chromium
from tests import stack as real_stack


@pytest.fixture(scope="session")
def stack():
    running = real_stack.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser):
    context = browser.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()
