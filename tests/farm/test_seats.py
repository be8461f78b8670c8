"""The farm's seats of a licence, which are never oversold, and the machines that may use one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.utils import timezone

from farm import lifecycle, retirement, scheduler, seats, sweeps
from farm.models import Attempt, Instance, InstanceState, Licence, Node
from farm.node import reports
from farm.node.reports import Spent
from farm.submission import create_task
from tests.farm.vray import BODY, brings, node, vray

__all__ = ["node", "vray"]


def claim(node, slot):
    return scheduler.claim(node, slot)


def test_no_more_slots_work_than_there_are_seats(alice, node, vray):
    create_task(alice, BODY)

    assert [bool(claim(node, slot)) for slot in "012"] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_of_many_slots_at_once_only_as_many_win_as_there_are_seats(alice, node, vray):
    create_task(alice, {**BODY, "instanceCount": 40})
    ready = threading.Barrier(8)
    most = []

    def work(slot):
        ready.wait()
        try:
            for _ in range(6):
                attempt = claim(node, slot)
                most.append(Instance.objects.filter(state=InstanceState.RUNNING).count())
                if attempt:
                    reports.succeeded(attempt, results=[], spent=Spent(execution_seconds=1.0))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as slots:
        list(slots.map(work, "01234567"))

    assert max(most) == 2
    assert Attempt.objects.exclude(outcome=Attempt.Outcome.SUCCESS).count() == 0


def test_a_slot_keeps_its_seat_from_one_instance_to_the_next(alice, node, vray):
    """So that no other slot's software starts while this one's is still warm."""
    Licence.objects.update(seats=1)
    create_task(alice, BODY)

    first = claim(node, "0")

    assert claim(node, "0") is not None
    assert claim(node, "1") is None
    reports.succeeded(first, results=[], spent=Spent())
    assert claim(node, "1") is None


def test_slots_give_up_the_seats_that_the_operator_takes_away(alice, node, vray):
    create_task(alice, {**BODY, "instanceCount": 9})
    in_hand = {slot: claim(node, slot) for slot in "01"}
    Licence.objects.update(seats=1)

    assert claim(node, "0") is None
    reports.succeeded(in_hand["0"], results=[], spent=Spent())

    assert claim(node, "1") is not None
    assert claim(node, "0") is None


def test_a_licence_is_not_deleted_beneath_what_was_ordered_with_it(alice, vray):
    task = create_task(alice, BODY)

    with pytest.raises(ProtectedError):
        vray.delete()
    task.refresh_from_db()
    assert task.licence == vray

    lifecycle.cancel(task)
    vray.delete()
    task.refresh_from_db()
    assert task.licence is None


def test_a_dead_machines_seat_comes_back(alice, node, vray):
    create_task(alice, BODY)
    claim(node, "0"), claim(node, "1")
    Instance.objects.filter(state=InstanceState.RUNNING).update(lease_until="2020-01-01T00:00:00Z")

    sweeps.hand_out_again()

    assert seats.free(vray) == 2
    assert claim(node, "2") is not None


def stopped(attempt, node):
    reports.stopped(attempt, {"code": "CAP_REACHED", "message": "It reached its limit.", "debug": ""})


def retired(attempt, node):
    retirement.retire(Node.objects.filter(pk=node.pk))


@pytest.mark.parametrize("taken_away", [stopped, retired])
def test_what_is_taken_from_a_machine_keeps_its_seat_until_its_software_has_ended(alice, node, vray, taken_away):
    vray.seats = 1
    vray.save()
    create_task(alice, BODY)
    another = Node.objects.create(
        name="node-2", site=node.site, profiles=node.profiles, sandbox_tier="A", slot_count=1, has_opengl=True
    )
    attempt = claim(node, "0")

    taken_away(attempt, node)
    assert (seats.free(vray), claim(another, "0")) == (0, None)

    Attempt.objects.filter(pk=attempt.pk).update(ended_at=timezone.now() - seats.ENDS_WITHIN)
    assert claim(another, "0") is not None


def test_ones_own_licence_takes_no_seat(alice, charlie, node, vray):
    brings(alice)
    Licence.objects.update(seats=1)
    create_task(alice, BODY)
    create_task(charlie, BODY)

    taken = [claim(node, slot) for slot in "0123"]

    assert sorted(attempt.instance.task.account.email[0] for attempt in taken) == ["a", "a", "a", "c"]


def test_what_needs_no_seat_passes_by_what_waits_for_one(alice, node, vray):
    Node.objects.update(profiles=["blender-4.5", "povray-3.7"])
    create_task(alice, BODY)
    create_task(alice, {**BODY, "profile": "povray-3.7"})

    taken = [claim(node, slot).instance.task.profile for slot in "0123"]

    assert sorted(taken) == ["blender-4.5", "blender-4.5", "povray-3.7", "povray-3.7"]


def test_who_waits_for_a_seat_is_told_so(alice, charlie, ask, node, vray):
    create_task(alice, BODY)
    for slot in "01":
        claim(node, slot)
    task = create_task(charlie, BODY)

    shown = ask(charlie, "GET", f"tasks/{task.pk}").json()

    assert shown["waitingReason"] == "It waits for a V-Ray licence: all 2 seats are in use."


def test_a_machine_that_cannot_let_out_to_one_address_leaves_it_to_one_that_can(alice, ask, node, vray):
    brings(alice)
    Node.objects.update(sandbox_tier="B")
    task = create_task(alice, BODY)

    assert claim(node, "0") is None
    assert (
        "can let it reach that and nothing else (tier A)"
        in ask(alice, "GET", f"tasks/{task.pk}").json()["waitingReason"]
    )

    Node.objects.update(sandbox_tier="A")
    assert claim(node, "0") is not None


def test_a_key_is_used_by_every_machine(alice, node, vray):
    brings(alice, "key", "AAAA-BBBB-CCCC")
    Node.objects.update(sandbox_tier="B")
    create_task(alice, BODY)

    assert claim(node, "0") is not None
