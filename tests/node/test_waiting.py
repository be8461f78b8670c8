"""Why nothing of a task renders yet, in a sentence for its owner."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from farm import lifecycle, line, matching, scheduler
from farm.models import Node
from tests.node.conftest import make_node


def why_waiting(task):
    wait = line.why_task_waits(task)
    return wait.sentence if wait else ""


EEVEE = {"constants": {"BLEND_ENGINE": "BLENDER_EEVEE"}}


def test_no_machine_is_awake(alice, order, node):
    Node.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))

    assert (
        why_waiting(order(alice, [1]))
        == "No machine is awake. It begins when one is; the operator of the farm can switch one on."
    )


@pytest.mark.parametrize(
    ("facts", "wishes", "words"),
    [
        ({"is_draining": True}, {}, "take nothing new"),
        ({}, {"profile": "blender-5.2"}, "No machine that is awake has blender-5.2."),
        ({"sandbox_tier": "C"}, {}, "only their owners' scenes"),
        ({"has_opengl": False}, EEVEE, "needs OpenGL"),
        ({"problem": "Only 0.5 GB are free."}, {}, "node-9 takes nothing: Only 0.5 GB are free."),
    ],
    ids=["draining", "no such Blender", "owner only", "no OpenGL", "in trouble"],
)
def test_the_machines_that_are_awake_do_not_fit(alice, order, db, facts, wishes, words):
    make_node("node-9", **facts)

    assert words in why_waiting(order(alice, [1], **wishes))


def test_one_machine_in_trouble_is_no_reason_where_another_is_free(alice, order, node):
    make_node("a-node", problem="The disk is full.")

    assert "in a moment" in why_waiting(order(alice, [1]))


def test_a_person_with_nothing_running_is_next_whatever_others_have_waiting(alice, charlie, order, node):
    order(charlie, [1, 2, 3])
    task = order(alice, [1])
    scheduler.claim(node, "0")

    assert why_waiting(task) == "All machines are busy."


def test_a_task_that_renders_or_is_over_has_no_reason(alice, order, node):
    renders, cancelled = order(alice, [1, 2]), order(alice, [1])
    scheduler.claim(node, "0")
    lifecycle.cancel(cancelled)
    for task in (renders, cancelled):
        task.refresh_from_db()

    assert [why_waiting(task) for task in (renders, cancelled)] == ["", ""]


def test_asking_costs_the_same_for_any_number_of_frames_and_machines(alice, order, node):
    task = order(alice, range(1, 100))
    for number in range(2, 12):
        make_node(f"node-{number}")

    with CaptureQueriesContext(connection) as asked:
        why_waiting(task)

    assert len(asked) <= 16


@pytest.mark.parametrize(
    "facts",
    [{}, {"is_draining": True}, {"profiles": []}, {"sandbox_tier": "C"}, {"has_opengl": False}],
    ids=["fits", "draining", "no such Blender", "owner only", "no OpenGL"],
)
def test_the_words_and_the_claims_follow_the_same_rules(alice, order, db, facts):
    node = make_node("node-9", **facts)
    task = order(alice, [1], **EEVEE)

    assert matching.fits(node, task) == (scheduler.claim(node, "0") is not None)
