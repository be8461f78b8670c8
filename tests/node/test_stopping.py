"""A task is stopped before it passes its cap or its hours, and nothing of others is touched by it."""

import threading

import pytest
from django.db import connection

from accounts import ledger
from accounts.models import Account
from farm import scheduler, spending, sweeps
from farm.models import Attempt, Instance, Phase, Task, TaskState
from farm.node import pulse, reports, stopping
from farm.node.reports import Spent
from farm.node.work import Dropped, Work
from tests.node.conftest import make_node


def give(account, seconds):
    """So much, and no more."""
    ledger.charge(account, ledger.balance_seconds(account), "before", reference="", key=f"before:{account.pk}")
    ledger.grant(account, seconds, "for the test", key=f"for the test:{account.pk}")


def executes(attempt, seconds, phase=Phase.EXECUTION):
    return reports.heartbeat(attempt, phase=phase, spent=Spent(execution_seconds=seconds))


def ends(attempt, seconds):
    return reports.succeeded(attempt, results=[], spent=Spent(execution_seconds=seconds))


def states(task):
    return dict(task.instances.values_list("instance_id", "state"))


def code_of(task, instance_id):
    return task.instances.get(instance_id=instance_id).error["code"]


def test_a_success_costs_its_seconds_at_the_rate_of_the_order(alice, order, node):
    task = order(alice, [1], rate=1.5)
    ends(scheduler.claim(node, "0"), 10.1)

    assert ledger.charged_seconds(str(task.pk)) == 16


@pytest.mark.parametrize(
    "report",
    [
        lambda attempt: reports.failed(attempt, {"code": "X", "message": "x", "debug": ""}, spent=Spent(0, 0, 99.0)),
        lambda attempt: reports.unable(attempt, {"code": "X", "message": "x", "debug": ""}, spent=Spent(0, 0, 99.0)),
        lambda attempt: reports.cancelled(attempt, spent=Spent(0, 0, 99.0)),
        lambda attempt: reports.stopped(attempt, {"code": "X", "message": "x", "debug": ""}),
        reports.released,
        reports.lost,
    ],
)
def test_what_did_not_succeed_costs_nothing(alice, order, node, report):
    order(alice, [1])
    before = ledger.balance_seconds(alice)

    assert report(scheduler.claim(node, "0"))

    assert ledger.balance_seconds(alice) == before


def test_a_render_that_reaches_its_cap_stops_with_a_sentence(alice, order, node):
    task = order(alice, [1, 2, 3], cap_seconds=7200)
    ends(scheduler.claim(node, "0"), 5000)
    running = scheduler.claim(node, "0")
    executes(running, 2199.5)

    stopping.look(task)

    task.refresh_from_db()
    assert states(task) == {1: "success", 2: "failure", 3: "failure"}
    assert task.state == TaskState.FAILURE
    assert [(error["code"], error["message"]) for error in task.errors] == [
        (
            "CAP_REACHED",
            "It stopped at its limit of 2 render hours. Raise the limit, or render the missing frames with a new one. "
            "(instances 2-3)",
        )
    ]
    assert executes(running, 2200.5) is False
    assert Attempt.objects.get(pk=running.pk).outcome == Attempt.Outcome.STOPPED
    assert ledger.charged_seconds(str(task.pk)) == 5000


def test_a_render_below_its_cap_is_left_alone_and_looked_at_sooner_the_nearer_it_is(alice, order, node):
    task = order(alice, [1], cap_seconds=100)
    running = scheduler.claim(node, "0")

    pauses = []
    for seconds in (10, 90, 97):
        executes(running, seconds)
        pauses.append(stopping.look(task))

    assert pauses == [10.0, 5.0, 1.5]
    assert states(task) == {1: "running"}


def test_what_lost_the_least_is_dropped_first_so_that_the_others_have_room(alice, order, node):
    task = order(alice, [1, 2, 3], cap_seconds=100)
    for seconds in (60, 30, 9):
        executes(scheduler.claim(node, str(seconds)), seconds)

    stopping.look(task)

    assert states(task) == {1: "running", 2: "running", 3: "failure"}


def test_a_frame_that_is_uploaded_has_had_its_time_and_is_let_finish(alice, order, node):
    task = order(alice, [1, 2], cap_seconds=100)
    finished = scheduler.claim(node, "0")
    executes(finished, 100, Phase.UPLOAD)

    stopping.look(task)
    ends(finished, 100)

    assert states(task) == {1: "success", 2: "failure"}
    assert ledger.charged_seconds(str(task.pk)) == 100


def test_the_rate_counts_against_the_cap(alice, order, node):
    task = order(alice, [1], cap_seconds=100, rate=2.0)
    executes(scheduler.claim(node, "0"), 49)
    stopping.look(task)
    assert states(task) == {1: "running"}

    Instance.objects.update(execution_seconds=49.5)
    stopping.look(task)

    assert states(task) == {1: "failure"}


def test_nothing_more_is_begun_than_the_cap_has_room_for(alice, order, node):
    task = order(alice, [1, 2], cap_seconds=10)
    executes(scheduler.claim(node, "0"), 8.5)

    assert scheduler.claim(node, "1") is None
    assert states(task) == {1: "running", 2: "waiting"}
    assert spending.why_not_begin(task).startswith("What renders now may use the rest of its limit")


def test_what_can_never_begin_is_ended_by_the_sweep(alice, order, node):
    task = order(alice, [1, 2], cap_seconds=10)
    ends(scheduler.claim(node, "0"), 10)
    assert scheduler.claim(node, "0") is None

    sweeps.sweep()
    sweeps.sweep()

    assert code_of(task, 2) == spending.CAP_REACHED


def test_a_render_whose_hours_run_out_stops_with_a_sentence(alice, order, node):
    give(alice, 100)
    task = order(alice, [1, 2])
    executes(scheduler.claim(node, "0"), 99.5)

    sweeps.sweep()

    task.refresh_from_db()
    assert states(task) == {1: "failure", 2: "failure"}
    assert "No render hours are left" in task.errors[0]["message"]
    assert task.errors[0]["code"] == spending.NO_HOURS


def test_only_the_task_that_has_spent_its_own_is_stopped(alice, order, node):
    give(alice, 100)
    thrifty, greedy = order(alice, [1]), order(alice, [2, 3])
    ledger.hold(alice, 60, "thrifty", reference=str(thrifty.pk))
    ledger.hold(alice, 40, "greedy", reference=str(greedy.pk))
    for slot, seconds in (("0", 30), ("1", 39.5)):
        executes(scheduler.claim(node, slot), seconds)

    sweeps.sweep()

    assert states(thrifty) == {1: "running"}
    assert states(greedy) == {2: "failure", 3: "failure"}
    assert "held for other renders" in greedy.instances.get(instance_id=2).error["message"]


def test_two_tasks_beyond_their_holds_do_not_spend_the_same_free_hours(alice, order, node):
    give(alice, 100)
    first, second = order(alice, [1]), order(alice, [2])
    for slot in "01":
        executes(scheduler.claim(node, slot), 49.8)

    stopping.look(first)
    stopping.look(second)

    assert (states(first), states(second)) == ({1: "failure"}, {2: "running"})


def test_the_sweep_stops_no_more_renders_than_it_has_to(alice, order, node):
    give(alice, 100)
    first, second = order(alice, [1]), order(alice, [2])
    for slot in "01":
        executes(scheduler.claim(node, slot), 49.8)

    sweeps.sweep()

    ended = [task for task in (first, second) if "failure" in states(task).values()]
    assert len(ended) == 1


def test_another_accounts_renders_do_not_touch_ones_hours(alice, charlie, order, node):
    give(alice, 100)
    mine, theirs = order(alice, [1]), order(charlie, [2])
    for slot in "01":
        executes(scheduler.claim(node, slot), 99.8)

    sweeps.sweep()

    assert (states(mine), states(theirs)) == ({1: "failure"}, {2: "running"})


def test_the_machine_drops_work_that_was_stopped(alice, order, node):
    task = order(alice, [1], cap_seconds=100)
    work = Work(scheduler.claim(node, "0"))
    work.begin_execution(0)
    work.execution_seconds = 99.5
    beat = pulse.Pulse(should_stop=lambda: False, chore=lambda: None)
    beat.hold(work)
    beat.renders(work)

    beat._renew(work)
    beat._renew(work)

    assert work.dropped is Dropped.TAKEN
    assert code_of(task, 1) == spending.CAP_REACHED


@pytest.mark.django_db(transaction=True)
def test_an_engine_that_would_render_past_the_cap_is_ended(order, s3_store, shift):
    alice = Account.objects.create_user("alice@example.org", "x")
    task = order(alice, [1, 2], cap_seconds=2)
    pause = threading.Event()

    def render_for_ever(job, frame, say, should_stop):
        while not should_stop():
            pause.wait(0.02)

    shift(render_for_ever).work()

    assert states(task) == {1: "failure", 2: "failure"}
    assert code_of(task, 1) == code_of(task, 2) == spending.CAP_REACHED
    assert Attempt.objects.get().execution_seconds < 2
    assert ledger.charged_seconds(str(task.pk)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_successes_at_once_stay_within_the_cap(order):
    alice = Account.objects.create_user("alice@example.org", "x")
    node, task = make_node("node-1"), order(alice, [1, 2], cap_seconds=100)
    attempts = [scheduler.claim(node, slot) for slot in "01"]
    start = threading.Barrier(2)

    def end(attempt):
        try:
            start.wait(timeout=10)
            ends(attempt, 70)
        finally:
            connection.close()

    both = [threading.Thread(target=end, args=[attempt]) for attempt in attempts]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)

    assert sorted(alice.ledger_entries.filter(kind="charge").values_list("seconds", flat=True)) == [-70, -30]
    assert Task.objects.get(pk=task.pk).state == TaskState.SUCCESS
