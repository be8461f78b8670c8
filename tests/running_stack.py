"""The one stack that runs for the contract's tests and the journeys, and what stands beside it."""

import contextlib
from pathlib import Path

import pytest

from tests import stack as real_stack
from tests.contract.people import open_accounts
from tests.registry import Registry, busybox, registry
from tests.shared_stack import folder_of_run, shared_stack


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    with shared_stack(folder_of_run(tmp_path_factory), _start) as shared:
        yield shared


def _start(home, held):
    """The stack with a node of two slots, and beside it two registries; the open one holds the image `busybox`."""
    registries = []
    with contextlib.suppress(pytest.skip.Exception):  # a machine without the registry's package tests the rest
        registries = [
            held.enter_context(registry(home / "registry")),
            held.enter_context(registry(home / "private-registry", is_private=True)),
        ]
        registries[0].push(busybox(), "busybox")
    inside = ",".join(one.address for one in registries)
    stack = real_stack.start(home, NODE_SLOTS="2", REGISTRIES_INSIDE=inside)
    held.callback(stack.stop)
    images = registries[0].address if registries else ""
    told = [(one.address, str(one.log), one.is_private) for one in registries]
    return stack, {"people": open_accounts(stack), "registry": images, "registries": told}


@pytest.fixture(scope="session")
def registries(running):
    """The open registry and the one behind a password (tests.registry.LOGIN), both named in REGISTRIES_INSIDE."""
    if not running.facts["registries"]:
        pytest.skip("no Docker registry could be started here")
    return [Registry(address, Path(log), is_private) for address, log, is_private in running.facts["registries"]]


@pytest.fixture(scope="session")
def stack(running):
    """The stack that runs: its address, its log, its `manage.py`. Not to be ended by a test."""
    return running.stack
