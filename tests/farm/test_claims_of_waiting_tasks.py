"""What a slot takes where tasks wait for others or ask for other machines, and what asking costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from farm import line, scheduler
from farm.models import Node, Task
from farm.submission import create_task

LARGE = [{"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 64}]


@pytest.fixture
def node(machine):
    """Of two cores a slot; beside it one that is asleep, of 64."""
    Node.objects.update(profiles=["blender-4.5"], sandbox_tier="A", has_opengl=True)
    Node.objects.create(
        name="large", site=machine.node.site, core_count=64, sandbox_tier="A", heartbeat_at="2020-01-01T00:00Z"
    )
    return Node.objects.get(name="node-1")


@pytest.fixture
def film(alice):
    def ordered(count=1, **fields):
        body = {"name": "film", "profile": "blender-4.5", "instanceCount": 50, **fields}
        return [create_task(alice, body) for _ in range(count)]

    return ordered


def queries_of_a_claim(node):
    with CaptureQueriesContext(connection) as asked:
        assert scheduler.claim(node, "0") is not None
    return len(asked)


def test_tasks_that_ask_for_another_machine_hold_nobody_up(node, film):
    film(20, hardwareConstraints=LARGE)
    (fitting,) = film()

    assert scheduler.claim(node, "0").instance.task == fitting


def test_tasks_that_wait_for_others_hold_nobody_up(node, film):
    (first,) = film()
    film(20, dependencies={"dependsOn": [str(first.pk)]})

    claims = [scheduler.claim(node, str(slot)) for slot in range(3)]

    assert {claim.instance.task_id for claim in claims} == {first.pk}


def test_a_claim_asks_as_often_for_many_tasks_as_for_few(node, film):
    (first,) = film()
    film(hardwareConstraints=LARGE, dependencies={"dependsOn": [str(first.pk)]})
    scheduler.claim(node, "0")
    film()
    few = queries_of_a_claim(node)
    film(10, hardwareConstraints=LARGE)
    film(10, dependencies={"dependsOn": [str(first.pk)]})
    film(10)

    assert queries_of_a_claim(node) == few


def test_a_task_that_asks_for_a_machine_that_sleeps_says_so(node, film):
    (task,) = film(hardwareConstraints=LARGE)

    assert line.why_task_waits(task).sentence == "No machine that is awake has at least 64 cores."
    assert Task.objects.get().state == "Submitted"
