"""The running farm, with a real node, that the contract's tests order from: one for the whole run."""

import subprocess

import pytest

from farm.engines import profiles
from tests.contract import other_farm
from tests.contract.orders import Orders
from tests.contract.people import Person
from tests.running_stack import registries, stack

if other_farm.IS_QUIRKY:
    from tests.running_stack import qarnot as running
else:
    from tests.running_stack import running

__all__ = ["registries", "running", "stack"]

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
    other_farm.leave_out(item for item in items if "tests/contract/" in item.path.as_posix())


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
