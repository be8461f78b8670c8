"""States in their order, and the times that go with them."""

from datetime import UTC, datetime

import pytest
from qarnot.exceptions import MissingTaskException

from tests.contract.orders import ENDED, finished, told
from tests.stack import wait_until

ORDER = [
    "Submitted",
    "PartiallyDispatched",
    "FullyDispatched",
    "PartiallyExecuting",
    "FullyExecuting",
    "PartiallyExecuting",
    "UploadingResults",
    "Success",
]
NEVER = "0001-01-01T00:00:00Z"


def instant(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def is_in_order(states):
    """Whether each is found in ORDER after the one before it."""
    rest = iter(ORDER)
    return all(state in rest for state in states)


WORK = 0.5
"""Seconds that each instance is told to have executed at least; a busy machine sees its beginning a little late."""


@pytest.fixture(scope="module")
def story(orders):
    """The task's JSON at each change of state, from its submission to its end."""
    task = orders.shell("sleep 0.7; echo done > $INSTANCE_ID.txt", 3)
    task.submit()
    told_so_far = []

    def is_ended():
        answer = orders.person.ask("GET", f"/tasks/{task.uuid}").json()
        if not told_so_far or answer["state"] != told_so_far[-1]["state"]:
            told_so_far.append(answer)
        return answer["state"] in ENDED

    wait_until(is_ended, 60, lambda: told(task), every_seconds=0.02)
    return told_so_far


def test_states_follow_each_other_as_the_contract_says(story):
    states = [answer["state"] for answer in story]

    assert is_in_order(states), states
    assert states[-1] == "Success"
    assert {"PartiallyExecuting", "FullyExecuting"} & set(states)


def test_each_change_has_its_time_and_what_was_before(story):
    moments = [instant(answer["stateTransitionTime"]) for answer in story]

    assert moments == sorted(moments)
    for answer in story[1:]:
        assert is_in_order([answer["previousState"], answer["state"]])
        assert instant(answer["previousStateTransitionTime"]) <= instant(answer["stateTransitionTime"])
        assert instant(answer["creationDate"]) <= instant(answer["stateTransitionTime"])
        assert instant(answer["lastModified"]) >= instant(answer["stateTransitionTime"])


def test_the_end_is_told_when_it_has_come(story):
    before, last = story[:-1], story[-1]

    assert {answer["endDate"] for answer in before} == {NEVER}
    assert instant(last["creationDate"]) < instant(last["endDate"]) <= instant(last["stateTransitionTime"])
    assert last["progress"] == 100


def test_times_are_those_of_the_work(story):
    last = story[-1]

    assert [done["execTimeSec"] >= WORK for done in last["completedInstances"]] == [True] * 3
    assert last["status"]["executionTimeSec"] >= 3 * WORK
    assert last["status"]["wallTimeSec"] >= 2 * WORK, "three instances on two slots"
    assert sum(model["time"] for model in last["status"]["executionTimeByCpuModel"]) >= 3 * WORK
    assert last["executionTime"].startswith("00:00:0")


def test_one_instance_that_fails_fails_the_task_and_is_told_apart(orders):
    task = finished(orders.shell("[ $INSTANCE_ID = 2 ] && exit 7; true", "1-3"))

    assert task.state == "Failure"
    assert (task.status.succeeded_range, task.status.failed_range, task.status.executed_range) == ("1,3", "2", "1-3")
    assert {done.instance_id: done.state for done in task.completed_instances} == {
        1: "Success",
        2: "Failure",
        3: "Success",
    }
    assert "7" in task.errors[0].message
    assert task.errors[0].code


def test_charlie_is_told_nothing_of_it(story, charlie):
    with pytest.raises(MissingTaskException):
        charlie.connection.retrieve_task(story[0]["uuid"])
