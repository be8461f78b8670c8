"""What an order costs, what is held for it, and what it gets back."""

import pytest

from accounts import ledger
from accounts.models import Account, Hold
from farm import copies, lifecycle, sweeps
from farm.models import InstanceState, Rate, Task, TaskState
from farm.submission import Refused, create_task

HOUR = 3600


def order(account, **fields):
    return create_task(account, {"name": "film", "profile": "blender-4.5", "instanceCount": 1, **fields})


def held(task):
    return ledger.held_by_reference([str(task.pk)]).get(str(task.pk))


@pytest.fixture
def one_hour(db, settings):
    """An account with one hour."""
    settings.FREE_HOURS = 1
    return Account.objects.create_user("dora@example.org", "x")


def test_an_hour_of_a_render_costs_an_hour_where_nobody_says_otherwise(alice):
    assert order(alice).rate == 1.0


def test_the_operators_rate_of_a_version_wins_over_that_of_the_software(alice):
    Rate.objects.create(profile="blender", hours_an_hour=2)
    Rate.objects.create(profile="blender-4.5", hours_an_hour=1.5)

    assert [order(alice, profile=name).rate for name in ("blender-4.5", "blender-5.2")] == [1.5, 2]


def test_a_task_keeps_the_rate_it_was_ordered_at(alice):
    task = order(alice)
    Rate.objects.create(profile="blender", hours_an_hour=9)

    task.refresh_from_db()
    assert task.rate == 1.0


def test_the_api_tells_the_rate_of_a_profile(ask, alice):
    Rate.objects.create(profile="blender", hours_an_hour=1.5)

    assert ask(alice, "GET", "profiles/blender-4.5").json()["rate"] == 1.5


def test_a_minute_an_instance_is_held_at_the_rate(alice):
    Rate.objects.create(profile="blender", hours_an_hour=1.5)

    assert held(order(alice, instanceCount=10)) == 900


def test_a_cap_is_what_is_held(alice):
    assert held(order(alice, instanceCount=10, capSeconds=100)) == 100


def test_the_cap_may_stand_in_a_label_for_sdks_that_know_no_such_field(alice):
    task = order(alice, labels={"capSeconds": "3600"})

    assert (task.cap_seconds, task.labels) == (3600, {"capSeconds": "3600"})


@pytest.mark.parametrize("cap", [0, -1, "much", "NaN", "Infinity", 1e99, True, [], {"a": 1}])
def test_a_cap_that_is_no_number_of_seconds_is_refused(alice, cap):
    with pytest.raises(Refused, match="capSeconds is a number of seconds") as fault:
        order(alice, capSeconds=cap)

    assert fault.value.status == 400
    assert not Hold.objects.exists()


def test_a_guess_leaves_half_of_what_is_free_to_others(one_hour):
    films = [order(one_hour, instanceCount=5000) for _ in range(2)]

    assert [held(film) for film in films] == [1800, 900]
    assert ledger.available_seconds(one_hour) == 900


def test_what_renders_beyond_its_hold_is_free_for_no_new_order(one_hour, machine):
    first = order(one_hour)
    machine.begin(first.pk, 0)
    first.instances.update(execution_seconds=3000)

    assert held(order(one_hour, capSeconds=3600)) == 600


def test_with_hours_for_one_the_second_order_is_refused_in_a_sentence(one_hour):
    order(one_hour, capSeconds=3600)

    with pytest.raises(Refused, match="held for renders that are under way") as fault:
        order(one_hour)

    assert fault.value.status == 402
    assert Task.objects.count() == Hold.objects.count() == 1


def test_bob_is_told_that_his_hours_are_used_up(bob):
    with pytest.raises(Refused, match="no render hours are left"):
        order(bob)


@pytest.mark.parametrize("state", [InstanceState.SUCCESS, InstanceState.FAILURE])
def test_the_end_of_a_task_lets_the_rest_go(alice, machine, state):
    task = order(alice)
    machine.ends(machine.begin(task.pk, 0), state)

    assert ledger.available_seconds(alice) == 60 * HOUR


@pytest.mark.parametrize("end", [lifecycle.cancel, lifecycle.delete])
def test_who_withdraws_a_task_has_its_hours_back(alice, end):
    end(order(alice))

    assert ledger.available_seconds(alice) == 60 * HOUR


def test_a_task_deleted_while_it_runs_holds_until_its_machine_has_dropped_it(alice, machine):
    task = order(alice)
    attempt = machine.begin(task.pk, 0)

    lifecycle.delete(task)
    assert held(task) == 60
    machine.ends(attempt, InstanceState.CANCELLED)

    assert not Task.objects.exists()
    assert ledger.available_seconds(alice) == 60 * HOUR


def test_the_sweep_lets_go_what_is_held_for_tasks_that_ended_or_are_gone(alice):
    ended, gone, live = order(alice), order(alice), order(alice)
    Task.objects.filter(pk=ended.pk).update(state=TaskState.SUCCESS)
    Task.objects.filter(pk=gone.pk).delete()

    sweeps.sweep()
    sweeps.sweep()

    assert list(Hold.objects.values_list("reference", flat=True)) == [str(live.pk)]


def test_a_task_tells_what_it_holds_and_was_charged(ask, alice):
    task = order(alice, instanceCount=10, capSeconds=500.9)
    ledger.charge(alice, 120, "frame", reference=str(task.pk), key="attempt:1")

    told = ask(alice, "GET", f"tasks/{task.pk}").json()

    assert [told[key] for key in ("rate", "capSeconds", "heldSeconds", "chargedSeconds")] == [1.0, 500, 380, 120]
    assert ask(alice, "GET", "info").json()["heldSeconds"] == 380


def test_charlie_sees_nothing_of_what_a_task_costs(ask, alice, charlie):
    task = order(alice)

    assert ask(charlie, "GET", f"tasks/{task.pk}").status_code == 404
    assert ask(charlie, "GET", "info").json()["heldSeconds"] == 0


def test_a_copy_has_the_same_cap_anew(alice, machine):
    task = order(alice, capSeconds=100)
    machine.ends(machine.begin(task.pk, 0), InstanceState.FAILURE)
    ledger.charge(alice, 100, "frame", reference=str(task.pk), key="attempt:1")

    again = copies.copy_task(Task.objects.get(pk=task.pk), None, copies.FAILED)

    assert (again.cap_seconds, held(again)) == (100, 100)


def test_a_copy_may_have_another_cap_in_its_label(alice):
    task = order(alice, labels={"capSeconds": "100", "shot": "7"})

    same = copies.copy_task(task, None, None)
    other = copies.copy_task(task, {"labels": {"capSeconds": "300"}}, None)

    assert (same.cap_seconds, other.cap_seconds) == (100, 300)
