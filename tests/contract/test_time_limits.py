"""What ends, or goes, when its time is over."""

from datetime import timedelta

from qarnot.exceptions import MissingTaskException

from tests.contract.orders import ENDS_WITHIN_SECONDS, ended, finished, until
from tests.stack import wait_until


def test_a_task_that_waits_too_long_for_a_machine_fails_with_a_sentence(orders):
    busy = orders.shell("sleep 600", 2)
    busy.submit()
    until(busy, lambda seen: seen.state == "FullyExecuting")
    task = orders.shell("true", max_time_queue_seconds=1)
    task.submit()

    ended(task)

    assert (task.state, task.errors[0].code) == ("Failure", "QUEUED_TOO_LONG")
    assert "No machine was free for it within 1 seconds" in task.errors[0].message
    busy.abort()
    ended(busy)


def test_a_task_that_is_taken_in_its_time_runs_as_long_as_it_needs(orders):
    task = finished(orders.shell("sleep 3", max_time_queue_seconds=600))

    assert (task.state, task.max_time_queue_seconds) == ("Success", 600)


def test_a_task_deletes_itself_after_its_end(orders):
    task = orders.shell("true", auto_delete=True, completion_ttl=timedelta(seconds=1))
    task.submit()
    uuid = task.uuid

    def is_gone():
        try:
            orders.connection.retrieve_task(uuid)
        except MissingTaskException:
            return True
        return False

    wait_until(is_gone, ENDS_WITHIN_SECONDS, lambda: uuid)


def test_a_task_with_much_time_to_live_is_still_there(orders):
    task = finished(orders.shell("true", auto_delete=True, completion_ttl="1.00:00:00"))

    assert orders.connection.retrieve_task(task.uuid).completion_ttl == "1.00:00:00"
