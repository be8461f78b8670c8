"""One running stack for all journeys."""

import pytest

from tests import stack as real_stack


@pytest.fixture(scope="session")
def stack():
    running = real_stack.start()
    yield running
    running.stop()


@pytest.fixture
def page(chrome):
    context = chrome.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()
