"""The journeys share the running stack with the contract's tests."""

import pytest

from tests.running_stack import qarnot, registries, running, stack

__all__ = ["qarnot", "registries", "running", "stack"]


@pytest.fixture
def page(chrome):
    context = chrome.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()
