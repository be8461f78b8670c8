"""How often what fails is tried, and rendering again what is left of an old task."""

import pytest
from qarnot.retry_settings import RetrySettings

from tests.contract.orders import Orders, ended, finished, until

FAILS_IN_1 = "test $INSTANCE_ID != 1"


def attempts_of(task):
    return {one.instance_id: one.execution_attempt_count for one in task.completed_instances}


def test_an_instance_is_tried_as_often_as_ordered(orders):
    task = finished(orders.shell(FAILS_IN_1, 3, retry_settings=RetrySettings(maxPerInstanceRetries=2)))

    assert (task.state, task.status.failed_range, task.status.succeeded_range) == ("Failure", "1", "0,2")
    assert attempts_of(task) == {0: 1, 1: 3, 2: 1}


def test_the_total_of_retries_is_for_all_instances_together(orders):
    settings = RetrySettings(maxTotalRetries=2, maxPerInstanceRetries=2)

    task = finished(orders.shell("false", 3, retry_settings=settings))

    assert sum(attempts_of(task).values()) == 3 + 2
    assert orders.connection.retrieve_task(task.uuid).retry_settings == settings


def test_no_retry_is_one_attempt(orders):
    task = finished(orders.shell("false", retry_settings=RetrySettings(maxTotalRetries=0)))

    assert attempts_of(task) == {0: 1}


@pytest.fixture(scope="module")
def half_done(orders: Orders):
    """Of 0 to 3: 1 failed, 2 and 3 were cancelled."""
    script = f"{FAILS_IN_1} || exit 1; test $INSTANCE_ID = 0 || sleep 600"
    task = orders.shell(script, 4, retry_settings=RetrySettings(maxTotalRetries=0))
    task.submit()
    until(task, lambda seen: (seen.status.succeeded_range, seen.status.failed_range) == ("0", "1"))
    task.abort()
    return ended(task)


@pytest.mark.parametrize(("way", "instances"), [("retry", "1"), ("recover", "1-3"), ("resume", "2-3"), ("clone", None)])
def test_a_new_task_does_again_what_its_way_is_named_for(orders, half_done, way, instances):
    constants = [{"key": key, "value": value} for key, value in orders.shell("echo again")._constants.items()]

    answer = orders.connection._post(f"/tasks/{half_done.uuid}/{way}", json={"constants": constants})

    again = orders.connection.retrieve_task(answer.json()["uuid"])
    again.update_cache_time = 0
    assert (again.advanced_range, again.instancecount) == (instances, 0 if instances else 4)
    assert ended(again).state == "Success"


def test_charlie_does_nothing_of_alices_again(charlie, half_done):
    for way in ("retry", "recover", "resume", "clone"):
        assert charlie.ask("POST", f"/tasks/{half_done.uuid}/{way}").status_code == 404
