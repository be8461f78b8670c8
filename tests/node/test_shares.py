"""How slots are shared: between people, then between a person's renders."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from farm import limits, scheduler, seats
from farm.models import Instance, InstanceState, Licence, Limit, Task

LOW, NORMAL, HIGH = Task.Priority.LOW, Task.Priority.NORMAL, Task.Priority.HIGH


def claims(node, count, **wishes):
    """(person, name of the render) of so many claims of as many slots."""
    taken = [scheduler.claim(node, str(slot), **wishes) for slot in range(count)]
    return [(one.instance.task.account.email.split("@")[0], one.instance.task.name) for one in taken if one]


def test_a_small_render_is_not_stuck_behind_a_huge_one_of_somebody_else(alice, charlie, node, order):
    order(alice, range(1, 1000), name="huge")
    order(charlie, [1, 2], name="small")

    assert claims(node, 4) == [("alice", "huge"), ("charlie", "small"), ("alice", "huge"), ("charlie", "small")]


def test_a_small_render_is_not_stuck_behind_a_huge_one_of_the_same_person(alice, node, order):
    order(alice, range(1, 1000), name="huge")
    order(alice, [1, 2], name="small")

    assert [name for _, name in claims(node, 4)] == ["huge", "small", "huge", "small"]


def test_a_persons_renders_go_by_their_priority_whatever_their_age(alice, node, order):
    order(alice, [1], name="some time", priority=LOW)
    order(alice, [1], name="usual", priority=NORMAL)
    order(alice, [1, 2], name="before all", priority=HIGH)

    assert [name for _, name in claims(node, 4)] == ["before all", "before all", "usual", "some time"]


def test_a_priority_is_among_ones_own_renders_only(alice, charlie, node, order):
    order(alice, [1, 2], name="usual")
    order(charlie, [1, 2], name="before all", priority=HIGH)

    assert [person for person, _ in claims(node, 4)] == ["alice", "charlie", "alice", "charlie"]


def test_a_render_of_higher_priority_gets_the_slot_of_a_warm_engine(alice, node, order):
    warm = order(alice, range(1, 10), name="usual")
    scheduler.claim(node, "0")
    order(alice, [1], name="before all", priority=HIGH)

    assert claims(node, 1, prefer_task=warm.pk) == [("alice", "before all")]


def test_who_has_nothing_running_goes_before_who_waits_longer(alice, charlie, node, order):
    order(alice, range(1, 10))
    claims(node, 3)
    order(charlie, [1])

    assert claims(node, 1) == [("charlie", "film")]


def test_a_persons_limit_holds_and_the_others_go_on(alice, charlie, node, order):
    Limit.objects.create(account=alice, running_instances=2)
    order(alice, range(1, 10))
    order(charlie, range(1, 4))

    people = [person for person, _ in claims(node, 8)]

    assert (people.count("alice"), people.count("charlie")) == (2, 3)


@pytest.mark.django_db(transaction=True)
def test_a_persons_limit_holds_when_many_slots_ask_at_once(alice, node, order):
    Limit.objects.create(account=alice, running_instances=3)
    order(alice, range(1, 30))
    ready = threading.Barrier(8)

    def claim(slot):
        ready.wait()
        scheduler.claim(node, slot)
        connection.close()

    with ThreadPoolExecutor(8) as slots:
        list(slots.map(claim, "01234567"))

    assert Instance.objects.filter(state=InstanceState.RUNNING).count() == 3


def asked(monkeypatch, module, name):
    """What the function of the module is asked from now on, in a list."""
    real, calls = getattr(module, name), []
    monkeypatch.setattr(module, name, lambda *facts: (calls.append(facts), real(*facts))[1])
    return calls


def test_a_slot_that_lost_the_race_for_the_last_place_goes_on_to_the_next_person(
    alice, charlie, node, order, monkeypatch
):
    """It does not ask for each of the thousands that wait, one lock after the other."""
    Limit.objects.create(account=alice, running_instances=0)
    for _ in range(3):
        order(alice, range(1, 20))
    order(charlie, [1])
    monkeypatch.setattr(limits, "has_room", lambda account: True)
    locks = asked(monkeypatch, limits, "leaves_room")

    assert claims(node, 1) == [("charlie", "film")]
    assert locks == [(alice.pk,), (charlie.pk,)]


def test_a_slot_that_lost_the_race_for_the_last_seat_goes_on_to_what_needs_none(alice, node, order, monkeypatch):
    vray = Licence.objects.create(name="vray", title="V-Ray", seats=0)
    for _ in range(3):
        order(alice, range(1, 20), licence=vray)
    order(alice, [1], name="free")
    monkeypatch.setattr(seats, "none_for", lambda node, slot: [])
    locks = asked(monkeypatch, seats, "take")

    assert claims(node, 1) == [("alice", "free")]
    assert len(locks) == 2


def test_whose_renders_all_run_already_is_not_looked_into(alice, charlie, node, order, monkeypatch):
    """An idle slot is woken every few seconds while anything waits for another machine."""
    for person in (alice, charlie):
        order(person, [1])
    assert len(claims(node, 2)) == 2
    asked_for_room = asked(monkeypatch, limits, "has_room")

    assert claims(node, 1) == []
    assert asked_for_room == []


def test_renders_that_fit_no_machine_hide_none_that_does(alice, node, order):
    large = [{"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 64}]
    for _ in range(40):
        order(alice, [1], hardware_constraints=large)
    order(alice, [1], name="fits")

    assert claims(node, 1) == [("alice", "fits")]
