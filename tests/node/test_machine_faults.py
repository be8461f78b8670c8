"""What a machine is to blame for is not counted against the scene, and goes to another machine."""

from datetime import timedelta

import pytest
from django.utils import timezone

from farm import scheduler, second_tries
from farm.engines.events import Outcome
from farm.models import Attempt, InstanceState, Node
from farm.node import reports
from farm.node.workspace import EngineMissing
from tests.node.conftest import make_node

BROKEN = {"code": "SANDBOX_FAILED", "message": "The machine could not make a safe place.", "debug": ""}
BLIND = {"code": "NO_OPENGL", "message": "This machine lacks OpenGL. Choose Cycles.", "debug": ""}


def fail_on(node, error=BROKEN):
    return reports.unable(scheduler.claim(node, "0"), error)


def test_a_frame_goes_from_the_machine_that_could_not_to_another(alice, order, node):
    task = order(alice, [1, 2])
    other = make_node("node-2")

    fail_on(node)

    assert scheduler.claim(node, "0").instance.instance_id == 2
    assert scheduler.claim(node, "1") is None
    assert scheduler.claim(other, "0").instance.instance_id == 1
    assert task.instances.get(instance_id=1).failure_count == 0


@pytest.mark.parametrize(
    "facts",
    [{"is_draining": True}, {"profiles": []}, {"problem": "The disk is full."}, {"sandbox_tier": "C"}],
    ids=["draining", "without the engine", "in trouble", "only its owner's"],
)
def test_the_only_machine_that_may_tries_three_times(alice, order, node, facts):
    task = order(alice, [1])
    make_node("useless", **facts)

    for _ in range(3):
        fail_on(node)

    instance = task.instances.get()
    assert (instance.state, instance.attempt_count, instance.failure_count) == (InstanceState.FAILURE, 3, 0)
    assert instance.error == BROKEN


def test_machines_that_all_fail_end_a_frame_at_last(alice, order, node):
    task = order(alice, [1])
    machines = [node, make_node("node-2")]

    for number in range(reports.MAX_LOSSES):
        fail_on(machines[number % 2])

    instance = task.instances.get()
    assert (instance.state, instance.error) == (InstanceState.FAILURE, BROKEN)


def test_a_frame_that_turns_out_to_need_opengl_waits_for_a_machine_that_has_it(alice, order, node):
    task = order(alice, [1])
    blind = [make_node(name, has_opengl=False) for name in ("blind-1", "blind-2")]

    fail_on(blind[0], BLIND)

    assert [scheduler.claim(machine, "0") for machine in blind] == [None, None]
    assert scheduler.claim(node, "0").instance.task == task


@pytest.mark.parametrize(("error", "is_taken"), [(BROKEN, True), (BLIND, False)], ids=["a full disk", "no OpenGL"])
def test_what_a_machine_could_not_render_does_not_wait_for_ever_for_one_that_is_busy(
    alice, order, node, error, is_taken
):
    order(alice, [1])
    machine = make_node("node-2", has_opengl=False)
    fail_on(machine, error)
    Attempt.objects.update(ended_at=timezone.now() - second_tries.ELSEWHERE_WITHIN - timedelta(seconds=1))

    assert (scheduler.claim(machine, "0") is not None) == is_taken


def test_without_opengl_anywhere_such_a_frame_fails_with_what_to_do(alice, order, db):
    task = order(alice, [1])
    blind = [make_node(name, has_opengl=False) for name in ("blind-1", "blind-2")]

    for number in range(3):
        fail_on(blind[number % 2], BLIND)

    instance = task.instances.get()
    assert (instance.state, instance.failure_count) == (InstanceState.FAILURE, 0)
    assert "Choose Cycles" in instance.error["message"]


def no_engine(*_):
    raise EngineMissing("This machine has no blender-4.5.")


def full_disk(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("render", "code"),
    [
        (lambda *_: Outcome(1, "SANDBOX_FAILED", "No safe place.", 0.0, 0.0), "SANDBOX_FAILED"),
        (lambda *_: Outcome(1, "DISK_FULL", "The disk ran full.", 0.0, 0.0), "DISK_FULL"),
        (lambda *_: Outcome(134, "NO_OPENGL", "No OpenGL here.", 0.0, 0.0), "NO_OPENGL"),
        (no_engine, "NODE_FAILED"),
        (full_disk, "NODE_FAILED"),
    ],
    ids=["sandbox", "disk full in a render", "opengl", "engine missing", "disk full before it"],
)
def test_a_shift_blames_the_machine_and_leaves_the_frame_to_another(alice, order, s3_store, shift, render, code):
    task = order(alice, [1])
    make_node("node-2")

    shift(render).work()

    attempt, instance = Attempt.objects.get(), task.instances.get()
    assert (attempt.outcome, attempt.error["code"]) == (Attempt.Outcome.UNABLE, code)
    assert (instance.state, instance.failure_count) == (InstanceState.WAITING, 0)


def test_a_machine_gets_its_frame_back_when_the_other_one_is_gone(alice, order, node):
    order(alice, [1])
    make_node("node-2")
    fail_on(node)

    Node.objects.filter(name="node-2").update(is_draining=True)

    assert scheduler.claim(node, "0").number == 2
