"""Render time that is held can be spent by nobody else, and comes back."""

import threading

import pytest
from django.db import connection

from accounts import ledger
from accounts.models import Account, Hold

HOUR = 3600


@pytest.fixture
def one_hour(db, settings):
    """An account with one hour."""
    settings.FREE_HOURS = 1
    return Account.objects.create_user("dora@example.org", "x")


def charge(account, seconds, reference, number=1, **limits):
    key = f"attempt:{reference}:{number}"
    return -ledger.charge(account, seconds, "frame", reference=reference, key=key, **limits).seconds


def test_what_is_held_is_left_and_not_free(alice):
    ledger.hold(alice, 12 * HOUR, "film", reference="film")

    assert ledger.balance_seconds(alice) == 60 * HOUR
    assert ledger.available_seconds(alice) == 48 * HOUR


def test_no_more_is_held_than_is_free(one_hour):
    first = ledger.hold(one_hour, 2000, "film", reference="film")
    second = ledger.hold(one_hour, 2000, "still", reference="still")

    assert (first.seconds, second.seconds) == (2000, 1600)
    assert ledger.available_seconds(one_hour) == 0


def test_bob_without_hours_holds_none(bob):
    assert ledger.hold(bob, 60, "film", reference="film").seconds == 0


def test_held_twice_the_first_hold_stays(alice):
    ledger.hold(alice, 100, "film", reference="film")

    assert ledger.hold(alice, 500, "film", reference="film").seconds == 100
    assert Hold.objects.count() == 1


def test_a_charge_takes_from_its_own_hold_first(alice):
    ledger.hold(alice, 100, "film", reference="film")
    free = ledger.available_seconds(alice)

    charge(alice, 40, "film", 1)
    assert ledger.held_by_reference(["film"]) == {"film": 60}
    assert ledger.available_seconds(alice) == free

    charge(alice, 70, "film", 2)
    assert ledger.held_by_reference(["film"]) == {"film": 0}
    assert ledger.available_seconds(alice) == free - 10


def test_a_charge_reaches_no_hold_of_others(one_hour):
    ledger.hold(one_hour, 3000, "film", reference="film")

    assert charge(one_hour, 3600, "still") == 600
    assert charge(one_hour, 3600, "film") == 3000
    assert ledger.balance_seconds(one_hour) == 0


def test_all_charges_of_a_task_stay_within_its_cap(alice):
    taken = [charge(alice, 40, "film", number, cap=100) for number in range(4)]

    assert taken == [40, 40, 20, 0]
    assert ledger.charged_seconds("film") == 100


def test_a_correction_below_what_is_held_leaves_the_hold_good_for_what_there_is(one_hour):
    ledger.hold(one_hour, 3600, "film", reference="film")
    ledger.correct(one_hour, -3000, "granted by mistake", "correction")

    assert charge(one_hour, 3600, "film") == 600
    assert (ledger.balance_seconds(one_hour), ledger.available_seconds(one_hour)) == (0, 0)


def test_what_is_let_go_is_free_again_however_often(alice):
    ledger.hold(alice, HOUR, "film", reference="film")
    ledger.hold(alice, HOUR, "still", reference="still")

    assert [ledger.let_go(["film"]), ledger.let_go(["film"])] == [1, 0]
    assert ledger.available_seconds(alice) == 59 * HOUR


def test_one_accounts_holds_are_not_anothers(alice, charlie):
    ledger.hold(alice, HOUR, "film", reference="film")

    assert ledger.available_seconds(charlie) == 60 * HOUR
    assert list(ledger.holds_under_way(charlie)) == []


def at_once(*actions):
    """What each answers, all begun in the same moment in threads of their own."""
    start, answers = threading.Barrier(len(actions)), {}

    def run(place, action):
        try:
            start.wait(timeout=10)
            answers[place] = action()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [answers[place] for place in range(len(actions))]


@pytest.mark.django_db(transaction=True)
def test_two_who_hold_at_once_do_not_hold_the_same_hour(settings):
    settings.FREE_HOURS = 1
    dora = Account.objects.create_user("dora@example.org", "x")

    holds = at_once(*(lambda name=name: ledger.hold(dora, HOUR, name, reference=name).seconds for name in "ab"))

    assert sorted(holds) == [0, HOUR]


@pytest.mark.django_db(transaction=True)
def test_two_charges_at_once_stay_within_the_cap():
    alice = Account.objects.create_user("alice@example.org", "x")

    taken = at_once(*(lambda number=number: charge(alice, 70, "film", number, cap=100) for number in range(2)))

    assert sorted(taken) == [30, 70]
    assert ledger.charged_seconds("film") == 100
