"""Where a failed frame is tried again, and what a machine held that is taken away."""

from datetime import timedelta

from django.utils import timezone

from farm import line, scheduler, second_tries
from farm.models import Attempt, Node, Task
from farm.node import reports
from tests.node.conftest import make_node
from tests.node.ended import fail


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
