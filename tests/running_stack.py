"""The stack that runs for the contract's tests and the journeys, what stands beside it, and one that plays Qarnot."""

import contextlib
import fcntl
from functools import partial
from pathlib import Path

import pytest

from tests import stack as real_stack
from tests.contract.people import open_accounts
from tests.registry import Registry, busybox, registry
from tests.shared_stack import folder_of_run, shared_stack


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """The studio's."""
    folder = folder_of_run(tmp_path_factory)
    url = _qarnot_url(folder)
    beside = {"QARNOT_URL": f"{url}/farm", "QARNOT_S3_URL": f"http://127.0.0.1:{_port(url) + 1}"}
    with shared_stack(folder, partial(_start, beside)) as shared:
        yield shared


@pytest.fixture(scope="session")
def qarnot(tmp_path_factory):
    """A second one, which plays Qarnot's service for the studio's."""
    folder = folder_of_run(tmp_path_factory)
    port = _port(_qarnot_url(folder))
    (folder / "qarnot").mkdir(exist_ok=True)
    with shared_stack(folder / "qarnot", partial(_start, QUIRKS, port=port)) as shared:
        yield shared


QUIRKS = {"FARM_QUIRKS": "1", "FARM_QUIRKS_STATE_AGE": "1"}
"""A second of age in place of five: the tests wait for every state."""


def _qarnot_url(folder):
    """Where the second stack will be, before it is started: the studio's settings name it."""
    with (folder / "qarnot.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = folder / "qarnot.port"
        if not told.exists():
            told.write_text(str(real_stack.three_free_ports()))
        return f"http://127.0.0.1:{told.read_text()}"


def _port(url):
    return int(url.rpartition(":")[2])


def _start(settings, home, held, port=None):
    """The stack with a node of two slots, and beside it two registries; the open one holds the image `busybox`."""
    registries = []
    with contextlib.suppress(pytest.skip.Exception):  # a machine without the registry's package tests the rest
        registries = [
            held.enter_context(registry(home / "registry")),
            held.enter_context(registry(home / "private-registry", is_private=True)),
        ]
        registries[0].push(busybox(), "busybox")
    inside = ",".join(one.address for one in registries)
    stack = real_stack.start(home, port, NODE_SLOTS="2", REGISTRIES_INSIDE=inside, **settings)
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
