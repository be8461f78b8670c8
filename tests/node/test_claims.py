"""Which instance a slot is given, and that no two are given the same."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connection

from accounts import ledger
from farm import lifecycle, scheduler
from farm.models import Attempt, Instance, InstanceState, Node
from farm.node import claims
from tests.node.conftest import make_node


def claimed_frame(node, slot="0", **wishes):
    attempt = scheduler.claim(node, slot, **wishes)
    return attempt and (attempt.instance.task.account.email.split("@")[0], attempt.instance.instance_id)


@pytest.mark.django_db(transaction=True)
def test_eight_slots_at_once_are_never_given_the_same_frame(alice, node, order):
    order(alice, range(1, 41))
    ready = threading.Barrier(8)

    def claim_all(slot):
        ready.wait()
        given = []
        while attempt := scheduler.claim(node, slot):
            given.append(attempt.instance.instance_id)
        connection.close()
        return given

    with ThreadPoolExecutor(8) as slots:
        given = [frame for frames in slots.map(claim_all, "01234567") for frame in frames]

    assert sorted(given) == list(range(1, 41))
    assert Attempt.objects.count() == 40


def test_a_claim_is_a_running_attempt_under_a_lease(alice, node, order):
    task = order(alice, [5])

    attempt = scheduler.claim(node, "0")

    instance = task.instances.get()
    assert (instance.state, instance.node, instance.slot, instance.attempt_count) == ("running", node, "0", 1)
    assert (instance.lease_until - instance.started_at).total_seconds() == pytest.approx(60, abs=1)
    assert (attempt.number, attempt.outcome, attempt.sandbox_tier) == (1, Attempt.Outcome.RUNNING, "A")


def test_renders_of_one_person_take_turns_the_older_one_first_frames_in_their_order(alice, node, order):
    order(alice, [3, 1, 2])
    order(alice, [7])

    assert [claimed_frame(node)[1] for _ in range(4)] == [1, 7, 2, 3]


def test_accounts_take_turns_by_how_much_they_have_running(alice, charlie, node, order):
    order(alice, range(1, 10))
    order(charlie, [1, 2])

    names = [claimed_frame(node, slot=str(number))[0] for number in range(4)]

    assert names == ["alice", "charlie", "alice", "charlie"]


def test_a_warm_engine_keeps_its_task_while_others_have_as_much_elsewhere(alice, charlie, node, order):
    order(charlie, [1, 2])
    warm = order(alice, range(1, 10))
    scheduler.claim(node, "0", prefer_task=warm.pk)

    assert claimed_frame(node, prefer_task=warm.pk) == ("alice", 2)


def test_a_warm_engine_makes_room_for_an_account_with_less_running(alice, charlie, node, order):
    warm = order(alice, range(1, 10))
    scheduler.claim(node, "1")
    order(charlie, [1])

    assert claimed_frame(node, slot="0", prefer_task=warm.pk) == ("charlie", 1)


@pytest.mark.django_db(transaction=True)
def test_a_warm_engines_turn_ends(alice, charlie, node, order, monkeypatch):
    order(alice, range(1, 10))
    slot = claims.Claims(node, "0")
    slot.next()
    order(charlie, [1])
    monkeypatch.setattr(claims, "TURN_SECONDS", 0.0)

    assert slot.next().instance.task.account == charlie
    slot.end()


@pytest.mark.django_db(transaction=True)
def test_a_turn_of_short_frames_ends_too_though_each_is_claimed_before_the_last_ended(
    alice, charlie, node, order, monkeypatch
):
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(claims, "time", clock)
    monkeypatch.setattr(claims, "TURN_SECONDS", 5.0)
    order(alice, range(1, 41))
    order(charlie, [1])
    slot = claims.Claims(node, "0")
    rendered_for = []

    for _ in range(10):
        attempt = slot.next()
        rendered_for.append(attempt.instance.task.account)
        slot.look_ahead()
        slot.goes_on_with(attempt.instance.task_id)  # waits for it: the frame is still rendering then
        clock.now += 1.0
        slot.note_seconds(1.0)
        Instance.objects.filter(pk=attempt.instance_id).update(state=InstanceState.SUCCESS)
    slot.end()

    assert charlie in rendered_for


@pytest.mark.django_db(transaction=True)
def test_short_frames_are_claimed_ahead_and_given_back_when_the_slot_ends(alice, node, order):
    task = order(alice, [1, 2])
    slot = claims.Claims(node, "0")
    slot.next()
    slot.note_seconds(0.3)
    slot.look_ahead()

    slot.end()

    assert task.instances.get(instance_id=2).state == InstanceState.WAITING
    assert Attempt.objects.get(instance__instance_id=2).outcome == Attempt.Outcome.RELEASED


@pytest.mark.django_db(transaction=True)
def test_an_engine_that_goes_on_keeps_what_was_claimed_for_it_long_ago(alice, node, order, monkeypatch):
    """Given back now, its licence's seat would be free in the rows while the engine holds it."""
    task = order(alice, [1, 2])
    slot = claims.Claims(node, "0")
    slot.next()
    slot.note_seconds(0.3)
    slot.look_ahead()
    slot._ahead_at -= claims.AHEAD_SECONDS + 1

    assert slot.goes_on_with(task.pk)
    slot.give_back_stale()

    assert task.instances.get(instance_id=2).state == InstanceState.RUNNING
    slot.end()


@pytest.mark.django_db(transaction=True)
def test_a_long_frame_leaves_the_next_one_to_other_slots(alice, node, order):
    order(alice, [1, 2])
    slot = claims.Claims(node, "0")
    slot.next()
    slot.note_seconds(20.0)
    slot.look_ahead()

    assert claimed_frame(node, slot="1") == ("alice", 2)
    slot.end()


def test_bob_without_hours_is_given_nothing(bob, node, order):
    order(bob, [1])

    assert scheduler.claim(node, "0") is None


def test_a_suspended_account_is_given_nothing(alice, node, order):
    order(alice, [1])
    alice.is_active = False
    alice.save()

    assert scheduler.claim(node, "0") is None


def test_a_cancelled_task_is_given_nothing(alice, node, order):
    task = order(alice, [1])
    lifecycle.cancel(task)

    assert scheduler.claim(node, "0") is None


def test_a_draining_node_is_given_nothing(alice, node, order):
    order(alice, [1])
    Node.objects.update(is_draining=True)

    assert scheduler.claim(node, "0") is None


def test_a_node_is_given_only_what_it_has_the_engine_for(alice, node, order):
    order(alice, [1], profile="blender-5.2")

    assert scheduler.claim(node, "0") is None


@pytest.mark.parametrize(("constants", "is_given"), [({"BLEND_ENGINE": "BLENDER_EEVEE"}, False), ({}, True)])
def test_a_node_without_opengl_leaves_eevee_to_others(alice, order, constants, is_given):
    node = make_node("blind", has_opengl=False)
    order(alice, [1], constants=constants)

    assert (scheduler.claim(node, "0") is not None) == is_given


def test_an_open_node_takes_only_its_owners_scenes(alice, charlie, order):
    node = make_node("open", sandbox_tier="C", owner=charlie)
    order(alice, [1])

    assert scheduler.claim(node, "0") is None
    order(charlie, [2])
    assert claimed_frame(node) == ("charlie", 2)


def test_an_open_node_without_an_owner_takes_nothing(alice, order):
    node = make_node("open", sandbox_tier="C")
    order(alice, [1])

    assert scheduler.claim(node, "0") is None


def test_hours_that_run_out_stop_further_claims(alice, node, order):
    order(alice, [1, 2])
    scheduler.claim(node, "0")
    ledger.charge(alice, ledger.balance_seconds(alice), "all", reference="", key="all")

    assert scheduler.claim(node, "0") is None
