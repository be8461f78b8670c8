"""Machines that keep failing are avoided."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from farm import avoidance, line, scheduler
from farm.models import Attempt, Instance, Node
from farm.node import reports
from tests.node.conftest import make_node
from tests.node.ended import ERROR, NO_CAMERA, fail, fail_for_good, succeed


@pytest.fixture
def broken(alice, node, other, order):
    """node-1 has failed five times in a row at a film that node-2 renders."""
    order(alice, range(1, 21))
    succeed(other)
    for number in range(5):
        fail(node, f"error {number}")
    return Node.objects.get(pk=node.pk)


def test_a_machine_that_keeps_failing_at_what_others_render_is_avoided(broken, other):
    assert avoidance.is_avoided(broken)
    assert "5 attempts in a row failed here; the last one with: error 4" in broken.avoided_reason
    assert scheduler.claim(broken, "0") is None
    assert scheduler.claim(other, "0") is not None


def test_an_avoided_machine_renders_where_there_is_no_other(broken, other):
    Node.objects.filter(pk=other.pk).update(is_draining=True)

    assert scheduler.claim(broken, "0") is not None


def test_nothing_that_failed_is_left_to_an_avoided_machine(alice, broken, other, order):
    """It would leave it to the others, and they to it: what a machine was unable to render would wait for hours."""
    task = order(alice, [1], priority=1)
    unable = scheduler.claim(other, "0")
    reports.unable(unable, {"code": "NODE_FAILED", "message": "The disk is full.", "debug": ""})

    assert unable.instance.task == task
    assert scheduler.claim(broken, "0") is None
    assert scheduler.claim(other, "0").instance == unable.instance


def test_a_free_machine_that_is_avoided_is_not_told_to_take_a_frame(alice, broken, other, order):
    task = order(alice, [1])
    scheduler.claim(other, "0")

    wait = line.why_task_waits(task)

    assert (wait.code, wait.sentence) == (line.WaitsFor.SLOT, "All machines are busy.")


def test_an_avoided_machine_is_forgiven_after_hours(broken):
    Node.objects.filter(pk=broken.pk).update(avoided_until=timezone.now() - timedelta(seconds=1))

    assert scheduler.claim(broken, "0") is not None


def test_the_operator_forgives(broken):
    assert avoidance.forgive(Node.objects.all()) == 1
    assert scheduler.claim(broken, "0") is not None


def test_a_scene_that_fails_everywhere_makes_no_machine_avoided(alice, node, order):
    order(alice, range(1, 21), max_attempts=20)
    for number in range(8):
        fail(node, f"error {number}")

    assert not avoidance.is_avoided(Node.objects.get(pk=node.pk))


def fail_at_frames(machine, task, frames):
    """Each claimed in a slot of its own, before any of them has failed."""
    waiting = task.instances.filter(instance_id__in=frames)
    claimed = [(frame, claim_frame(machine, frame)) for frame in waiting]
    for frame, attempt in claimed:
        reports.failed(attempt, {**ERROR, "message": f"error {frame.instance_id} of {task.shortname}"})


def claim_frame(machine, frame):
    """This very frame: whose turn it would be is not what is asked here."""
    Instance.objects.filter(pk=frame.pk).update(
        state="running", node=machine, slot=str(frame.pk), attempt_count=frame.attempt_count + 1
    )
    return Attempt.objects.create(instance=frame, number=frame.attempt_count + 1, node=machine)


def is_avoided(machine):
    return avoidance.is_avoided(Node.objects.get(pk=machine.pk))


def test_a_machine_that_fails_at_renders_of_all_kinds_is_avoided(alice, bob, charlie, node, order):
    for account, frames in ((alice, [1, 2]), (bob, [1, 2]), (charlie, [1])):
        fail_at_frames(node, order(account, range(1, 10)), frames)

    assert is_avoided(node)


def test_errors_that_are_the_orders_own_make_no_machine_avoided(alice, node, other, order):
    for _ in range(3):
        order(alice, range(1, 4))
    for slot in range(9):
        fail_for_good(node, slot=str(slot))

    assert Attempt.objects.values("instance__task").distinct().count() == 3
    assert not is_avoided(node)


def test_errors_that_are_the_orders_own_hide_no_failures_of_the_machine(alice, bob, charlie, node, order):
    for account, frames in ((alice, [1, 2]), (bob, [1, 2]), (charlie, [1])):
        task = order(account, range(1, 10))
        fail_at_frames(node, task, frames)
        reports.failed(claim_frame(node, task.instances.get(instance_id=9)), NO_CAMERA, is_final=True)

    assert is_avoided(node)


def test_renders_that_fail_on_another_machine_too_make_no_machine_avoided(alice, bob, charlie, node, other, order):
    tasks = [order(account, range(1, 10)) for account in (alice, bob, charlie)]
    for task in tasks:
        fail_at_frames(other, task, [1])
    for task in tasks:
        fail_at_frames(node, task, [2, 3])

    assert not is_avoided(node)


def test_a_machine_avoided_for_what_then_fails_elsewhere_too_is_pardoned(alice, bob, charlie, node, other, order):
    tasks = [order(account, range(1, 10)) for account in (alice, bob, charlie)]
    for task in tasks:
        fail_at_frames(node, task, [1, 2])
    was_avoided = is_avoided(node)
    fail_at_frames(other, tasks[0], [3])

    assert (was_avoided, is_avoided(node), is_avoided(other)) == (True, False, False)


def test_the_bad_frames_of_a_film_that_renders_make_no_machine_avoided(alice, node, other, order):
    task = order(alice, range(1, 21))
    fail_at_frames(other, task, range(1, 7))
    Attempt.objects.update(ended_at=timezone.now() - timedelta(hours=1))
    reports.succeeded(claim_frame(other, task.instances.get(instance_id=20)), results=[], spent=reports.Spent())
    fail_at_frames(node, task, range(1, 7))

    assert not is_avoided(node)


def test_what_two_machines_fail_at_and_a_third_renders_is_their_own_failure(alice, node, other, order):
    third = make_node("node-3")
    task = order(alice, range(1, 21))
    for machine in (node, other):
        fail_at_frames(machine, task, range(1, 6))
    for frame in task.instances.filter(instance_id__lte=5):
        reports.succeeded(claim_frame(third, frame), results=[], spent=reports.Spent())
    was_avoided = is_avoided(other)
    fail_at_frames(other, task, [6])

    assert (was_avoided, is_avoided(other)) == (False, True)


def test_a_machine_unable_to_render_what_fails_elsewhere_too_is_still_avoided(alice, bob, charlie, node, other, order):
    tasks = [order(account, range(1, 10)) for account in (alice, bob, charlie)]
    for task in tasks:
        fail_at_frames(other, task, [1])
    for task in tasks:
        for frame in task.instances.filter(instance_id__in=[2, 3]):
            reports.unable(claim_frame(node, frame), {**ERROR, "code": "NODE_FAILED"})

    assert is_avoided(node)


def test_a_power_cut_that_befalls_five_slots_is_one_failure(alice, node, other, order):
    order(alice, range(1, 21))
    succeed(other)
    for attempt in [scheduler.claim(node, str(slot)) for slot in range(5)]:
        reports.lost(attempt)

    assert not avoidance.is_avoided(Node.objects.get(pk=node.pk))


def test_a_machine_that_goes_silent_again_and_again_is_avoided(alice, node, other, order):
    order(alice, range(1, 21))
    succeed(other)
    for _ in range(5):
        reports.lost(scheduler.claim(node, "0"))
        Attempt.objects.filter(node=node).update(ended_at=F("ended_at") - timedelta(minutes=10))

    assert avoidance.is_avoided(Node.objects.get(pk=node.pk))
