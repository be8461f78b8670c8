"""What the farm's sweep finds, and that it is harmless to sweep twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from farm import lifecycle, scheduler, spending, sweeps
from farm.models import Attempt, InstanceState, Node, Task, TaskState


def expire(task):
    task.instances.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_lease_that_ran_out_hands_the_instance_out_again(alice, order, node):
    task = order(alice, [1])
    scheduler.claim(node, "0")
    expire(task)

    sweeps.sweep()
    sweeps.sweep()

    instance = task.instances.get()
    assert (instance.state, instance.node, instance.attempt_count) == ("waiting", None, 1)
    assert Attempt.objects.get().outcome == Attempt.Outcome.LOST


def test_a_lease_that_holds_is_left_alone(alice, order, node):
    task = order(alice, [1])
    scheduler.claim(node, "0")

    sweeps.sweep()

    assert task.instances.get().state == InstanceState.RUNNING


def test_a_cancelled_task_whose_node_is_silent_ends(alice, order, node):
    task = order(alice, [1])
    scheduler.claim(node, "0")
    lifecycle.cancel(task)
    sweeps.sweep()
    task.refresh_from_db()
    assert task.state == TaskState.PENDING_CANCEL

    Task.objects.update(state_changed_at=timezone.now() - timedelta(seconds=sweeps.WITHDRAWN_SECONDS + 1))
    sweeps.sweep()

    task.refresh_from_db()
    assert task.state == TaskState.CANCELLED


def test_a_deleted_task_whose_node_is_silent_goes(alice, order, node):
    task = order(alice, [1])
    scheduler.claim(node, "0")
    lifecycle.delete(task)

    Task.objects.update(state_changed_at=timezone.now() - timedelta(seconds=sweeps.WITHDRAWN_SECONDS + 1))
    sweeps.sweep()

    assert not Task.objects.exists()


def test_a_task_whose_last_report_was_cut_short_is_ended(alice, order):
    task = order(alice, [1])
    task.instances.update(state=InstanceState.SUCCESS)

    sweeps.sweep()

    task.refresh_from_db()
    assert task.state == TaskState.SUCCESS


def test_what_waits_for_bob_who_has_no_hours_fails_with_a_sentence(bob, alice, order):
    bobs, hers = order(bob, [1, 2]), order(alice, [1])

    sweeps.sweep()

    bobs.refresh_from_db()
    assert bobs.state == TaskState.FAILURE
    assert {error["code"] for error in bobs.errors} == {spending.NO_HOURS}
    assert "No render hours are left" in bobs.errors[0]["message"]
    assert hers.instances.get().state == InstanceState.WAITING


def test_waiting_instances_wake_idle_slots_of_live_nodes(
    alice, order, node, messages, django_capture_on_commit_callbacks
):
    silent = Node.objects.create(
        name="silent", site=node.site, profiles=node.profiles, heartbeat_at=timezone.now() - timedelta(minutes=2)
    )
    order(alice, [1])

    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep()

    assert (messages(node), messages(silent)) == (1, 0)


def test_nothing_waiting_wakes_nobody(node, messages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep()

    assert messages(node) == 0


@pytest.mark.parametrize(("state", "left"), [(TaskState.PENDING_CANCEL, ["Cancelled"]), (TaskState.PENDING_DELETE, [])])
def test_a_task_whose_withdrawal_was_cut_short_is_ended(alice, order, state, left):
    order(alice, [1, 2])
    Task.objects.update(state=state)

    sweeps.sweep()

    assert list(Task.objects.values_list("state", flat=True)) == left
