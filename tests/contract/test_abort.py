"""Aborting what waits, what runs and what has ended."""

import pytest
from qarnot.exceptions import UnauthorizedException

from tests.contract.orders import ended, finished, results_of, seen, told, until
from tests.stack import wait_until

FOR_EVER = "echo half > half.txt; echo began; until [ -e never ]; do sleep 0.1; done"


def begun(orders, **settings):
    task = orders.shell(FOR_EVER, 3, **settings)
    task.submit()
    until(task, lambda now: "began" in now.stdout())
    return task


def test_what_runs_and_what_waits_is_cancelled_and_brings_nothing_home(orders):
    task = begun(orders)

    task.abort()

    assert ended(task).state == "Cancelled", told(task)
    assert {done.state for done in task.completed_instances} <= {"Cancelled"}
    assert results_of(task) == {}


def test_results_of_a_cancelled_task_come_home_where_the_order_says_so(orders):
    task = begun(orders, upload_results_on_cancellation=True)

    task.abort()

    assert ended(task).state == "Cancelled"
    assert results_of(task) == {"half.txt": b"half\n"}


def test_what_has_ended_cannot_be_aborted(orders):
    task = finished(orders.shell("true"))

    with pytest.raises(UnauthorizedException, match="Can't abort the task"):
        task.abort()
    assert task.state == "Success"


def test_a_task_that_runs_is_deleted_with_its_work(orders):
    task = begun(orders)
    uuid = task.uuid

    task.delete()

    wait_until(lambda: orders.person.ask("GET", f"/tasks/{uuid}").status_code == 404, 30)


def test_charlie_can_neither_abort_nor_delete_it(orders, charlie):
    task = begun(orders)

    assert charlie.ask("POST", f"/tasks/{task.uuid}/abort").status_code == 404
    assert charlie.ask("DELETE", f"/tasks/{task.uuid}").status_code == 404
    assert seen(task).state not in ("PendingCancel", "Cancelled", "PendingDelete")
    task.abort()
