"""Why an instance waits, over the API: a word, a sentence, and its place in the line."""

import pytest
from django.db.models.functions import Now

from accounts.models import Account
from farm import positions
from farm.models import Limit, Node, Task
from farm.submission import create_task


@pytest.fixture
def busy(machine):
    """The machine has one slot."""
    Node.objects.update(heartbeat_at=Now(), profiles=["blender-4.5"], sandbox_tier="A", slot_count=1)
    return machine


def film(account, count=1, **fields):
    return create_task(account, {"name": "film", "profile": "blender-4.5", "instanceCount": count, **fields})


def why(ask, account, task, instance):
    return ask(account, "GET", f"tasks/{task.pk}/instances/{instance}/waiting").json()


def test_a_frame_that_waits_for_a_slot_says_its_place(alice, ask, busy):
    task = film(alice, 5)
    busy.begin(task.pk, 0)

    assert why(ask, alice, task, 4) == {
        "instanceId": 4,
        "position": 4,
        "code": "slot",
        "reason": "All machines are busy.",
    }


def test_a_frame_that_runs_waits_for_nothing(alice, ask, busy):
    task = film(alice)
    busy.begin(task.pk, 0)

    assert why(ask, alice, task, 0)["code"] is None
    assert ask(alice, "GET", f"tasks/{task.pk}/instances/9/waiting").status_code == 404


def test_a_frame_waits_for_its_owners_limit(alice, ask, busy):
    Limit.objects.create(account=alice, running_instances=1)
    task = film(alice, 3)
    busy.begin(task.pk, 0)

    assert (why(ask, alice, task, 1)["code"], why(ask, alice, task, 1)["position"]) == ("limit", None)


def test_a_frame_of_an_account_that_may_render_nothing_does_not_wait_for_another_frame(alice, ask, busy):
    Limit.objects.create(account=alice, running_instances=0)
    task = film(alice)

    assert (
        why(ask, alice, task, 0)["reason"] == "This account may not render at the moment. Ask the operator of the farm."
    )


def test_a_frame_waits_for_a_task(alice, ask, busy):
    first = film(alice)
    second = film(alice, dependencies={"dependsOn": [str(first.pk)]})

    assert why(ask, alice, second, 0)["code"] == "dependency"
    assert why(ask, alice, second, 0)["reason"] == "It waits for the end of “film”."


def test_a_frame_waits_for_hours(bob, alice, ask, busy):
    task = film(alice)
    Task.objects.update(account=bob)

    assert why(ask, bob, task, 0)["code"] == "hours"


def test_a_frame_waits_for_hardware(alice, ask, busy):
    task = film(alice)
    Task.objects.update(hardware_constraints=[{"discriminator": "GpuHardwareConstraint"}])

    assert why(ask, alice, task, 0)["code"] == "hardware"


def test_the_places_are_the_turns_in_which_slots_are_given(alice, charlie, node_of_many_slots):
    """Every waiting frame's place, and then the order in which they are really claimed."""
    from farm import scheduler

    film(alice, 4)
    film(alice, 2, priority="high")
    film(charlie, 3)
    waiting = {
        (task.pk, one.instance_id): positions.position_of(one, task)
        for task in Task.objects.all()
        for one in task.instances.all()
    }

    claimed = [scheduler.claim(node_of_many_slots, str(slot)).instance for slot in range(9)]

    assert [waiting[one.task_id, one.instance_id] for one in claimed] == list(range(1, 10))


def test_who_may_have_no_more_machines_or_render_nothing_is_in_nobodys_way(alice, charlie, operator, busy):
    Limit.objects.create(account=alice, running_instances=1)
    film(alice, 4)
    film(charlie, 4)
    Account.objects.filter(pk=charlie.pk).update(is_active=False)
    last = film(operator, 2)

    assert positions.position_of(last.instances.get(instance_id=1), last) == 3


def test_what_was_tried_before_has_the_first_place(alice, busy):
    task = film(alice, 4)
    task.instances.filter(instance_id=3).update(attempt_count=1)
    busy.begin(task.pk, 0)

    places = [
        positions.position_of(one, task) for one in task.instances.filter(state="waiting").order_by("instance_id")
    ]

    assert places == [2, 3, 1]


@pytest.fixture
def node_of_many_slots(machine):
    Node.objects.update(profiles=["blender-4.5"], sandbox_tier="A", has_opengl=True, slot_count=64)
    return Node.objects.get()
