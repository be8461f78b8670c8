"""The balance is the sum of the entries, and no movement is booked twice."""

import threading
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from accounts import ledger
from accounts.models import Account, Balance, LedgerEntry

HOUR = 3600


def test_a_new_account_is_greeted_with_the_free_hours(alice):
    entry = LedgerEntry.objects.get(account=alice)

    assert entry.key == f"welcome:{alice.pk}"
    assert ledger.balance_seconds(alice) == 60 * HOUR


def test_an_account_is_greeted_once(alice):
    alice.save()
    ledger.welcome(alice)

    assert ledger.balance_seconds(alice) == 60 * HOUR


def test_a_server_without_free_hours_greets_with_none(db, settings):
    settings.FREE_HOURS = 0

    account = Account.objects.create_user("alice@example.org", "x")

    assert ledger.balance_seconds(account) == 0


def test_grants_add_charges_take_and_corrections_go_either_way(alice):
    ledger.grant(alice, 100, "a gift", "gift")
    ledger.charge(alice, 30, "frame 1", reference="task", key="attempt:1")
    ledger.correct(alice, 5, "frame 1 was black", "refund:1")
    ledger.correct(alice, -2, "counted wrong", "refund:2")

    assert ledger.balance_seconds(alice) == 60 * HOUR + 100 - 30 + 5 - 2


def test_no_charge_takes_the_balance_below_zero(bob):
    entry = ledger.charge(bob, 8, "frame 9", reference="task", key="attempt:9")

    assert entry.seconds == 0
    assert ledger.balance_seconds(bob) == 0


def test_one_accounts_movements_are_not_anothers(alice, charlie):
    ledger.charge(alice, HOUR, "frame 1", reference="task", key="attempt:1")

    assert ledger.balance_seconds(charlie) == 60 * HOUR


def test_the_second_booking_of_a_key_changes_nothing_and_answers_with_the_first(alice):
    first = ledger.charge(alice, 30, "frame 1", reference="task", key="attempt:1")

    second = ledger.charge(alice, 31, "frame 1 again", reference="task", key="attempt:1")

    assert second == first
    assert ledger.balance_seconds(alice) == 60 * HOUR - 30


def test_a_second_booking_does_not_spoil_the_transaction_around_it(alice):
    with transaction.atomic():
        ledger.grant(alice, 10, "a gift", "gift")
        ledger.grant(alice, 10, "a gift", "gift")
        ledger.grant(alice, 7, "another", "other gift")

    assert ledger.balance_seconds(alice) == 60 * HOUR + 17


def test_the_key_of_someone_elses_movement_is_a_mistake_that_is_told(alice, charlie):
    ledger.charge(alice, 30, "frame 1", reference="task", key="attempt:1")

    with pytest.raises(IntegrityError):
        ledger.charge(charlie, 30, "frame 1", reference="task", key="attempt:1")

    assert ledger.balance_seconds(charlie) == 60 * HOUR


def test_asking_for_the_balance_costs_the_same_however_much_was_booked(alice, django_assert_num_queries):
    for number in range(50):
        ledger.charge(alice, 1, "frame", reference="task", key=f"attempt:{number}")

    with django_assert_num_queries(1) as asked:
        assert ledger.balance_seconds(alice) == 60 * HOUR - 50
    assert "SUM(" not in asked.captured_queries[0]["sql"].upper()


def test_the_balances_of_accounts_from_before_are_summed_up(alice, charlie):
    ledger.charge(alice, HOUR, "frame 1", reference="task", key="attempt:1")
    Balance.objects.all().delete()

    import_module("accounts.migrations.0002_balances_are_kept").sum_up(apps, None)

    assert [ledger.balance_seconds(each) for each in (alice, charlie)] == [59 * HOUR, 60 * HOUR]


def test_a_charge_is_positive(alice):
    with pytest.raises(ValueError, match="-1 s"):
        ledger.charge(alice, -1, "frame 1", reference="task", key="attempt:1")


@pytest.mark.parametrize("hours", ["", "ten", "0", "-1", "NaN", "Infinity", "1e12", "0.0001"])
def test_hours_that_make_no_sense_are_refused_in_a_sentence(hours):
    with pytest.raises(ValueError, match="no number of hours"):
        ledger.seconds_to_grant(hours)


def test_hours_are_granted_to_the_second():
    assert ledger.seconds_to_grant("0.5") == 1800
    assert ledger.seconds_to_grant(" 10 ") == 36_000


@pytest.mark.django_db(transaction=True)
def test_two_who_book_the_same_movement_at_once_book_it_once():
    alice = Account.objects.create_user("alice@example.org", "x")
    start = threading.Barrier(2)
    booked, trouble = [], []

    def book():
        try:
            start.wait(timeout=10)
            for number in range(20):
                booked.append(ledger.charge(alice, 1, "frame", reference="task", key=f"attempt:{number}").pk)
        except Exception as exception:
            trouble.append(exception)
        finally:
            connection.close()

    both = [threading.Thread(target=book) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)

    assert trouble == []
    assert len(booked) == 40
    assert len(set(booked)) == 20
    assert ledger.balance_seconds(alice) == 60 * HOUR - 20
