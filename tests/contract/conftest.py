"""The running farm, with a real node, that the contract's tests order from: one for the whole run."""

import contextlib
import subprocess
from pathlib import Path

import pytest

from farm.engines import profiles
from tests import stack as real_stack
from tests.contract.orders import Orders
from tests.contract.people import Person, open_accounts
from tests.registry import Registry, busybox, registry
from tests.shared_stack import folder_of_run, shared_stack

MAKE_SCENE = """
import os, sys, bpy
bpy.ops.wm.read_factory_settings()
scene = bpy.context.scene
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 16
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])
sys.stdout.flush(); os._exit(0)
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/contract/" in item.path.as_posix():
            item.add_marker(pytest.mark.stack)


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


@pytest.fixture(scope="session")
def alice(running):
    """Owns what the tests order. Her account is shared by all files: name what you make after your file."""
    return Person(running.stack, **running.facts["people"]["alice"])


@pytest.fixture(scope="session")
def charlie(running):
    """Must not see any of it."""
    return Person(running.stack, **running.facts["people"]["charlie"])


@pytest.fixture(scope="session")
def cube(tmp_path_factory):
    """A scene of 16 × 16 pixels without a renderer's work: about 0.1 s a frame once its Blender is up."""
    profile = profiles.find("blender-4.5")
    if not profile.is_installed:
        pytest.skip("blender-4.5 is not installed: manage.py engine install blender-4.5")
    file = tmp_path_factory.mktemp("cube") / "cube.blend"
    command = [str(profile.python), "-c", MAKE_SCENE, str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return file


@pytest.fixture(scope="module")
def orders(running, alice, request):
    """alice's orders of this file; what still runs at its end is aborted."""
    yield from _orders_of(alice, running, request)


@pytest.fixture(scope="module")
def charlies(running, charlie, request):
    """charlie's orders of this file."""
    yield from _orders_of(charlie, running, request)


def _orders_of(person, running, request):
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    made = Orders(person, name, running.facts["registry"])
    yield made
    made.abort_all()
