"""Tasks that wait for the ends of others."""

import pytest
from qarnot.dependency import (
    AdvancedDependency,
    TaskFinalStateCancelled,
    TaskFinalStateFailure,
    TaskFinalStateSuccess,
)
from qarnot.exceptions import QarnotGenericException

from tests.contract.orders import ended, seen, until


def test_a_task_begins_after_the_end_of_the_one_it_waits_for(orders):
    signals = orders.bucket("signals", begin=b"")
    first = orders.shell("until [ -e go ]; do sleep 0.1; done", resources=[signals])
    second = orders.shell("true")
    first.submit()
    second.set_task_dependencies_from_tasks([first])

    second.submit()

    assert seen(second).dependencies.state.value == "waiting"
    until(first, lambda now: now.state == "FullyExecuting")
    orders.put(signals, "go", "")
    first.update_resources()
    assert (ended(first).state, ended(second).state) == ("Success", "Success")
    assert seen(second).state_transition_time > seen(first).end_date
    assert seen(second).dependencies.state.value == "dependencyConditionsFulfilled"


def test_a_condition_chooses_by_how_the_first_ended(orders):
    first = orders.shell("sleep 600")
    first.submit()
    wishes = {"Success": [TaskFinalStateCancelled()], "Failure": [TaskFinalStateSuccess(), TaskFinalStateFailure()]}
    waiting = {end: orders.shell("true") for end in wishes}
    for end, task in waiting.items():
        task.set_task_advanced_dependencies([AdvancedDependency(first.uuid, wishes[end])])
        task.submit()
    assert "It waits for the end of" in orders.person.ask("GET", f"/tasks/{task.uuid}").json()["waitingReason"]

    first.abort()

    assert [ended(task).state for task in waiting.values()] == ["Success", "Failure"]
    (told,) = seen(waiting["Failure"]).dependencies.advanced_depends_on
    assert (told.state.value, told.actual_final_state.value) == ("dependencyConditionsNotFulfilled", "cancelled")
    assert waiting["Failure"].errors[0].code == "DEPENDENCY_NOT_FULFILLED"


def test_a_task_deleted_before_its_end_fails_what_waited_for_it(orders):
    first, second = orders.shell("sleep 600"), orders.shell("true")
    first.submit()
    second.set_task_dependencies_from_tasks([first])
    second.submit()

    first.delete()

    assert ended(second).errors[0].code == "DEPENDENCY_NOT_FULFILLED"


def test_charlie_cannot_wait_for_a_task_of_alices(orders, charlie):
    first = orders.shell("true")
    first.submit()
    task = charlie.connection.create_task("spy", "docker-batch", 1)
    task.set_task_dependencies_from_uuids([first.uuid])

    with pytest.raises(QarnotGenericException, match="You have no task"):
        task.submit()
