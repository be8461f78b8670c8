"""Machines that keep failing are avoided."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from farm import avoidance, line, scheduler
from farm.models import Attempt, Node
from farm.node import reports
from tests.node.ended import fail, succeed


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
