"""Where a failed frame is tried again, which machines are avoided, and when a scene is given up."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from farm import avoidance, line, scheduler, second_tries
from farm.engines import endings
from farm.models import Attempt, Node, Task
from farm.node import reports
from tests.node.conftest import make_node

ERROR = {"code": "ENGINE_FAILED", "message": "The camera is missing.", "debug": ""}


@pytest.fixture
def other(node):
    return make_node("node-2")


def fail(node, message=ERROR["message"], slot="0"):
    attempt = scheduler.claim(node, slot)
    assert reports.failed(attempt, {**ERROR, "message": message})
    return attempt


def succeed(node, slot="0"):
    attempt = scheduler.claim(node, slot)
    assert reports.succeeded(attempt, results=[], spent=reports.Spent(execution_seconds=1))
    return attempt


def test_a_failed_frame_goes_to_another_machine(alice, node, other, order):
    order(alice, [1])
    fail(node)

    assert scheduler.claim(node, "0") is None
    assert scheduler.claim(other, "0").number == 2


def test_three_attempts_are_on_three_machines_where_there_are_three(alice, node, other, order):
    third = make_node("node-3")
    order(alice, [1])
    for machine in (node, other, third):
        fail(machine)

    tried = Attempt.objects.order_by("number").values_list("node__name", flat=True)
    assert (list(tried), Task.objects.get().state) == (["node-1", "node-2", "node-3"], "Failure")


def test_the_only_machine_tries_again_itself(alice, node, order):
    order(alice, [1])
    fail(node)

    assert scheduler.claim(node, "0").number == 2


def test_when_every_machine_has_failed_any_may_try_again(alice, node, other, order):
    order(alice, [1])
    fail(node)
    fail(other)

    assert scheduler.claim(node, "0").number == 3


def test_a_retry_does_not_wait_for_ever_for_a_machine_that_is_busy(alice, charlie, node, other, order):
    order(alice, [1])
    fail(node)
    Attempt.objects.update(ended_at=timezone.now() - second_tries.ELSEWHERE_WITHIN - timedelta(seconds=1))

    assert scheduler.claim(node, "0").number == 2


def test_what_waits_for_another_machine_says_for_which(alice, charlie, node, other, order):
    order(charlie, [1])
    scheduler.claim(other, "0")
    task = order(alice, [1])
    fail(node)

    wait = line.why_task_waits(task)

    assert wait.code == line.WaitsFor.RETRY
    assert wait.sentence == "It failed before and is tried again on another machine, node-2, when that is free."


def test_the_same_error_from_every_attempt_stops_the_task_early_and_says_so(alice, node, other, order):
    task = order(alice, range(1, 251))
    for machine in (node, other, node):
        fail(machine)

    task.refresh_from_db()
    assert (task.state, Attempt.objects.count()) == ("Failure", 3)
    assert task.errors[0]["message"].startswith(
        "Frame 1 failed 3 times on 2 machines with the same error, so the rest was not tried: The camera is missing."
    )


def test_different_errors_are_no_fault_of_the_scene(alice, node, order):
    task = order(alice, [1, 2])
    for message in ("The camera is missing.", "Out of memory.", "The camera is missing."):
        fail(node, message)

    assert task.instances.get(instance_id=2).state == "waiting"


def test_the_same_error_on_machines_of_other_sizes_is_the_same(alice, node, other, order):
    task = order(alice, range(1, 251))
    for machine, memory_mb in ((node, 16_384), (other, 65_536), (node, 16_384)):
        fail(machine, endings.explain(137, [], "Blender", "CYCLES", memory_mb)[1])

    task.refresh_from_db()
    assert (task.state, Attempt.objects.count()) == ("Failure", 3)


def test_a_number_in_a_files_name_makes_another_error(alice, node, order):
    task = order(alice, [1, 2])
    for message in ("“sky_0001.png” is broken.", "“sky_0002.png” is broken.", "“sky_0001.png” is broken."):
        fail(node, message)

    assert task.instances.get(instance_id=2).state == "waiting"


def test_one_bad_frame_of_a_film_that_renders_stops_only_itself(alice, node, order):
    task = order(alice, [1, 2, 3])
    succeed(node)
    for _ in range(3):
        fail(node)

    assert [task.instances.get(instance_id=frame).state for frame in (1, 2, 3)] == ["success", "failure", "waiting"]


def test_instances_of_other_software_are_each_a_command_of_their_own(alice, order, db):
    machine = make_node("own", profiles=["docker-batch"])
    task = order(alice, [0, 1], profile="docker-batch")
    for _ in range(3):
        fail(machine)

    assert task.instances.get(instance_id=1).state == "waiting"


def test_what_renders_when_the_task_is_stopped_is_not_tried_again(alice, node, other, order):
    task = order(alice, range(1, 10))
    running = scheduler.claim(other, "1")
    for _ in range(3):
        attempt = scheduler.claim(node, "0")
        Attempt.objects.filter(pk=attempt.pk).update(node=node)
        reports.failed(attempt, ERROR)
        second_tries_over()
    reports.failed(running, {**ERROR, "message": "It broke."})

    task.refresh_from_db()
    assert (task.state, running.instance.attempts.count()) == ("Failure", 1)


def second_tries_over():
    Attempt.objects.exclude(ended_at=None).update(ended_at=timezone.now() - timedelta(hours=1))


# --- machines that keep failing


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


def test_a_machine_that_fails_at_renders_of_all_kinds_is_avoided(alice, node, order):
    for _ in range(3):
        order(alice, range(1, 10))
    for slot in range(5):
        fail(node, slot=str(slot))
        Attempt.objects.filter(outcome="failure").update(outcome="failure")

    tasks = Attempt.objects.values("instance__task").distinct().count()
    assert avoidance.is_avoided(Node.objects.get(pk=node.pk)) == (tasks >= 3)


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


# --- machines that are taken away


def test_a_machine_taken_out_of_the_farm_is_charged_to_nobody(alice, node, other, order):
    task = order(alice, [1])
    attempt = scheduler.claim(node, "0")
    before = alice.ledger_entries.count()

    assert reports.take_back_from(node) == 1

    assert not reports.heartbeat(attempt, phase="execution")
    instance = task.instances.get()
    assert (instance.state, instance.failure_count, alice.ledger_entries.count()) == ("waiting", 0, before)
    assert scheduler.claim(other, "0").number == 2


def test_a_retired_machine_is_given_nothing(alice, node, order):
    order(alice, [1])
    Node.objects.update(retired_at=timezone.now())

    assert scheduler.claim(node, "0") is None
