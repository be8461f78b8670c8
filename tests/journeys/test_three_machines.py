"""Three machines at two sites render one task; one of them is unplugged in the middle of it."""

import contextlib
import json
import subprocess

import pytest

from farm.engines import profiles
from tests import stack as real_stack
from tests.contract.orders import Orders, results_of, told, until
from tests.contract.people import Person, open_account
from tests.other_machines import Node, addresses_of, machines
from tests.stack import wait_until

pytestmark = pytest.mark.stack

FRAMES = 40
MAKE_SCENE = """
import os, sys, bpy
bpy.ops.wm.read_factory_settings()
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples = 256
scene.cycles.use_denoising = False
scene.render.resolution_x = scene.render.resolution_y = 64
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])
sys.stdout.flush(); os._exit(0)
"""
SEEN = """
import json
from accounts.models import LedgerEntry
from farm.models import Attempt, Instance, Node, QBox
from farm.wakes import awake_nodes
attempts = Attempt.objects.filter(instance__task__uuid="{task}") if "{task}" else Attempt.objects.none()
print(json.dumps({{
    "nodes": list(awake_nodes().exclude(profiles=[]).values_list("name", flat=True)),
    "keepers": {{box.site.name: box.holder.split(" ")[0] for box in QBox.objects.exclude(capacity_bytes=0)}},
    "downloads": {{box.site.name: box.download_count for box in QBox.objects.all()}},
    "attempts": list(attempts.values_list("instance__instance_id", "node__name", "outcome")),
    "charges": list(LedgerEntry.objects.filter(kind="charge").values_list("key", flat=True)),
    "successes": [f"attempt:{{a.pk}}" for a in attempts.filter(outcome="success")],
    "states": list(Instance.objects.filter(task__uuid="{task}").values_list("state", flat=True)) if "{task}" else [],
}}))
"""
THE_MINUTE_IS_OVER = """
from django.utils import timezone
from farm.models import Instance
Instance.objects.filter(node__name="{node}", state="running").update(lease_until=timezone.now())
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack of this journey's own: a node is killed here, whose work nobody else is to lose."""
    own = real_stack.start(tmp_path_factory.mktemp("stack-three"), NODE_INSTALLS="false")
    yield own
    own.stop()


@pytest.fixture(scope="module")
def lyon(stack, tmp_path_factory):
    """Two machines of the site lyon, by the names of their nodes."""
    folder = tmp_path_factory.mktemp("lyon")
    with contextlib.ExitStack() as held:
        host, two = held.enter_context(machines(2))
        environment = held.enter_context(addresses_of(stack, host))
        nodes = {}
        for name, machine in zip(["lyon-a", "lyon-b"], two, strict=True):
            given = ("--site", "lyon", "--slots", "1", "--name", name)
            nodes[name] = Node(machine, folder / name, environment, *given)
            held.callback(nodes[name].end)
        yield nodes


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    profile = profiles.find("blender-4.5")
    if not profile.is_installed:
        pytest.skip("blender-4.5 is not installed: manage.py engine install blender-4.5")
    file = tmp_path_factory.mktemp("scene") / "scene.blend"
    command = [str(profile.python), "-c", MAKE_SCENE, str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return file


def seen(stack, task="") -> dict:
    """What the farm's rows say."""
    return json.loads(stack.manage("shell", "--no-imports", "-c", SEEN.format(task=task)))


def test_forty_frames_are_there_once_though_a_machine_dies(stack, lyon, scene):
    alice = Person(stack, **open_account(stack, "alice"))

    def printed():
        return "\n".join([node.told() for node in lyon.values()] + [stack.told()])

    def are_all_there():
        now = seen(stack)
        return {"node-1", *lyon} <= set(now["nodes"]) and {"home", "lyon"} <= set(now["keepers"]) and now

    keeper = wait_until(are_all_there, 60, printed)["keepers"]["lyon"]
    dying = next(name for name in lyon if name != keeper)
    orders = Orders(alice, "three")
    task = orders.blender(scene, FRAMES)
    task.constants["BLEND_FILE"] = "cube.blend"
    task.submit()

    def is_in_the_middle():
        now = alice.ask("GET", f"/tasks/{task.uuid}").json()
        running = now["status"]["runningInstancesInfo"]["perRunningInstanceInfo"]
        return all(dying in [one["nodeName"] for one in some] for some in (running, now["completedInstances"]))

    wait_until(is_in_the_middle, 60, lambda: told(task) + printed(), every_seconds=0.02)
    lyon[dying].cut_the_power()
    stack.manage("shell", "--no-imports", "-c", THE_MINUTE_IS_OVER.format(node=dying))
    until(task, lambda now: now.state in ("Success", "Failure"), 90)

    assert task.state == "Success", told(task)
    now = seen(stack, task.uuid)
    succeeded = [(frame, node) for frame, node, outcome in now["attempts"] if outcome == "success"]
    assert sorted(frame for frame, _ in succeeded) == list(range(FRAMES))
    assert {node for _, node in succeeded} == {"node-1", *lyon}
    assert any((node, outcome) == (dying, "lost") for _, node, outcome in now["attempts"])
    assert now["states"] == ["success"] * FRAMES
    assert sorted(now["charges"]) == sorted(now["successes"])
    assert len(results_of(task)) == FRAMES
    assert all(picture.startswith(b"\x89PNG") for picture in results_of(task).values())
    once_a_site = {"home": 1, "lyon": 1}
    wait_until(lambda: seen(stack)["downloads"] == once_a_site, 15, lambda: f"downloads: {seen(stack)['downloads']}")
