"""What a node reports: only the newest attempt's word counts, and each word once."""

import pytest

from accounts import ledger
from farm import carbon, lifecycle, scheduler
from farm.models import Attempt, InstanceState, TaskState
from farm.node import reports
from farm.node.meters import Reading
from farm.node.reports import Spent

ERROR = {"code": "CRASHED", "message": "Blender crashed.", "debug": ""}


@pytest.fixture
def task(alice, order):
    return order(alice, [1])


@pytest.fixture
def attempt(task, node):
    return scheduler.claim(node, "0")


@pytest.fixture
def old(attempt, node):
    """An attempt whose instance was taken up by another slot meanwhile."""
    reports.lost(attempt)
    scheduler.claim(node, "other")
    return attempt


def row(task):
    return task.instances.values().get()


@pytest.mark.parametrize(
    "report",
    [
        lambda old: reports.heartbeat(old, phase="execution", progress=99),
        lambda old: reports.succeeded(old, results=["late.png"], spent=Spent(execution_seconds=9)),
        lambda old: reports.failed(old, ERROR),
        reports.released,
        reports.cancelled,
        reports.lost,
    ],
    ids=["heartbeat", "succeeded", "failed", "released", "cancelled", "lost"],
)
def test_a_report_of_an_old_attempt_changes_nothing(task, alice, old, report):
    before, hours = row(task), ledger.balance_seconds(alice)

    assert report(old) is False

    assert row(task) == before
    assert ledger.balance_seconds(alice) == hours
    assert Attempt.objects.get(pk=old.pk).outcome == Attempt.Outcome.LOST


def test_a_success_reported_twice_is_charged_once(task, alice, attempt):
    before = ledger.balance_seconds(alice)

    first = reports.succeeded(attempt, results=["0001.png"], spent=Spent(execution_seconds=10.2))
    again = reports.succeeded(attempt, results=["0001.png"], spent=Spent(execution_seconds=10.2))

    task.refresh_from_db()
    assert (first, again) == (True, False)
    assert before - ledger.balance_seconds(alice) == 11
    assert (task.state, task.results_count) == (TaskState.SUCCESS, 1)


def test_a_heartbeat_renews_the_lease_and_tells_how_it_goes(task, attempt):
    task.instances.update(lease_until=None)

    reports.heartbeat(attempt, phase="execution", progress=40, reading=Reading(cpu_percent=180, memory_mb=700))
    reports.heartbeat(attempt, phase="execution", progress=60, reading=Reading(cpu_percent=150, memory_mb=500))

    instance = task.instances.get()
    assert (instance.phase, instance.progress, instance.memory_mb, instance.peak_memory_mb) == (
        "execution", 60, 500, 700,
    )  # fmt: skip
    assert instance.lease_until is not None


def test_a_heartbeat_of_a_cancelled_task_is_refused(task, attempt):
    lifecycle.cancel(task)

    assert reports.heartbeat(attempt, phase="execution") is False
    assert reports.is_cancel_asked(attempt)


def test_three_failures_end_an_instance(task, node):
    for _ in range(3):
        reports.failed(scheduler.claim(node, "0"), ERROR)

    instance = task.instances.get()
    assert (instance.state, instance.failure_count, instance.error["code"]) == ("failure", 3, "CRASHED")
    assert scheduler.claim(node, "0") is None


def test_a_final_failure_ends_an_instance_at_once(task, attempt):
    reports.failed(attempt, ERROR, is_final=True)

    assert task.instances.get().state == InstanceState.FAILURE


def test_lost_and_released_attempts_are_not_the_scenes_failures(task, node):
    reports.lost(scheduler.claim(node, "0"))
    reports.released(scheduler.claim(node, "0"))

    instance = task.instances.get()
    assert (instance.state, instance.failure_count, instance.attempt_count) == ("waiting", 0, 2)


@pytest.mark.parametrize("end", [reports.lost, reports.released], ids=["lost", "released"])
def test_what_was_cut_short_counts_for_its_carbon_and_costs_nothing(task, alice, attempt, node, end):
    reports.heartbeat(attempt, phase="execution", spent=Spent(execution_seconds=3000))
    before = ledger.balance_seconds(alice)
    end(attempt)

    reports.released(scheduler.claim(node, "0"))
    datacenter = carbon.DATACENTERS[carbon.DEFAULT_DATACENTER]

    assert list(Attempt.objects.order_by("number").values_list("execution_seconds", flat=True)) == [3000, 0]
    assert sum(site.hours * 3600 for site in carbon.facts_of(task, datacenter).sites) == 3000
    assert (ledger.balance_seconds(alice), alice.ledger_entries.filter(reference=task.pk).count()) == (before, 0)


def test_an_instance_that_takes_ten_nodes_with_it_is_given_up(task, node):
    for _ in range(reports.MAX_LOSSES):
        reports.lost(scheduler.claim(node, "0"))

    instance = task.instances.get()
    assert (instance.state, instance.error["code"]) == ("failure", "NODE_LOST")
    assert "more memory" in instance.error["message"]


def test_a_successor_in_a_slot_gives_back_what_its_predecessor_held(task, attempt, node):
    assert reports.give_back_predecessors(node, "1") == 0
    assert reports.give_back_predecessors(node, "0") == 1

    assert task.instances.get().state == InstanceState.WAITING
