"""Tasks that wait for the ends of others."""

import pytest
from qarnot.dependency import AdvancedDependency, TaskFinalStateFailure, TaskFinalStateSuccess
from qarnot.exceptions import QarnotGenericException

from farm import dependencies, lifecycle, scheduler, sweeps
from farm.models import Dependency, InstanceState, Node, Task
from farm.submission import Refused, create_task


@pytest.fixture
def submit(as_alice):
    """`submit("b", after=[a])` or `submit("b", advanced=[…])`: a task of one instance."""

    def submitted(name, after=(), advanced=()):
        task = as_alice.create_task(name, "blender-4.5", 1)
        task.update_cache_time = 0
        task.set_task_dependencies_from_tasks(list(after))
        if advanced:
            task.set_task_advanced_dependencies(list(advanced))
        task.submit()
        return task

    return submitted


def states(*tasks):
    return [Task.objects.get(pk=task.uuid).state for task in tasks]


def is_claimable(task):
    Node.objects.update(profiles=["blender-4.5"], sandbox_tier="A")
    return scheduler.claimable(Node.objects.get()).filter(pk=task.uuid).exists()


def test_a_task_is_taken_only_after_the_end_of_the_one_it_waits_for(submit, machine):
    first = submit("first")
    second = submit("second", after=[first])
    assert (is_claimable(first), is_claimable(second)) == (True, False)

    machine.renders_all(first.uuid)

    assert is_claimable(second)


def test_a_task_waits_for_all_it_names(submit, machine):
    first, second = submit("first"), submit("second")
    last = submit("last", after=[first, second])

    machine.renders_all(first.uuid)
    assert not is_claimable(last)
    machine.renders_all(second.uuid)

    assert is_claimable(last)


def test_any_end_will_do_where_none_is_named(submit, machine):
    first = submit("first")
    second = submit("second", after=[first])

    machine.ends(machine.begin(first.uuid, 0), InstanceState.FAILURE)

    assert is_claimable(second)


def test_the_sdk_is_told_what_each_dependency_came_to(as_alice, submit, machine):
    good, bad = submit("good"), submit("bad")
    task = submit(
        "last",
        advanced=[
            AdvancedDependency(good.uuid, [TaskFinalStateSuccess()]),
            AdvancedDependency(bad.uuid, [TaskFinalStateSuccess(), TaskFinalStateFailure()]),
        ],
    )
    assert task.dependencies.state.value == "waiting"

    machine.renders_all(good.uuid)
    machine.ends(machine.begin(bad.uuid, 0), InstanceState.FAILURE)

    told = as_alice.retrieve_task(task.uuid).dependencies
    assert told.state.value == "dependencyConditionsFulfilled"
    assert [one.actual_final_state.value for one in told.advanced_depends_on] == ["success", "failure"]
    assert [one.task_uuid for one in told.advanced_depends_on] == [good.uuid, bad.uuid]


def test_a_plain_dependency_is_told_as_it_was_ordered(as_alice, submit):
    first = submit("first")
    second = submit("second", after=[first])

    told = as_alice.retrieve_task(second.uuid).dependencies

    assert (told.depends_on, told.advanced_depends_on, told.state.value) == ([first.uuid], [], "waiting")


def test_what_did_not_end_as_it_was_to_fails_the_chain_behind_it(submit, machine):
    first = submit("first")
    second = submit("second", advanced=[AdvancedDependency(first.uuid, [TaskFinalStateSuccess()])])
    third = submit("third", advanced=[AdvancedDependency(second.uuid, [TaskFinalStateSuccess()])])
    after_a_failure = submit("cleaner", advanced=[AdvancedDependency(second.uuid, [TaskFinalStateFailure()])])

    machine.ends(machine.begin(first.uuid, 0), InstanceState.FAILURE)

    assert states(second, third, after_a_failure) == ["Failure", "Failure", "Submitted"]
    (error,) = Task.objects.get(pk=second.uuid).errors
    assert error["code"] == dependencies.NOT_FULFILLED
    assert "did not end as it was to" in error["message"]
    assert is_claimable(after_a_failure)


def test_a_long_chain_fails_to_its_end(alice, machine):
    first = last = create_task(alice, {"name": "0", "profile": "blender-4.5", "instanceCount": 1})
    for number in range(1, 40):
        wish = {"taskUuid": str(last.pk), "taskFinalStateCondition": ["success"]}
        body = {"name": str(number), "profile": "blender-4.5", "instanceCount": 1}
        last = create_task(alice, {**body, "dependencies": {"advancedDependsOn": [wish]}})

    lifecycle.cancel(first)

    assert set(Task.objects.exclude(pk=first.pk).values_list("state", flat=True)) == {"Failure"}


def test_a_task_that_is_deleted_before_its_end_never_ends(submit):
    first = submit("first")
    second = submit("second", after=[first])

    first.delete()

    assert states(second) == ["Failure"]


def test_a_task_that_has_ended_already_is_not_waited_for(submit, machine):
    first = submit("first")
    machine.renders_all(first.uuid)

    second = submit("second", after=[first])
    third = submit("third", advanced=[AdvancedDependency(first.uuid, [TaskFinalStateFailure()])])

    assert is_claimable(second)
    assert states(third) == ["Failure"]


def test_a_task_to_wait_for_must_be_there(as_alice, submit, connect, charlie):
    first = submit("first")
    of_charlie = connect(charlie).create_task("theft", "blender-4.5", 1)
    of_charlie.set_task_dependencies_from_uuids([first.uuid])

    with pytest.raises(QarnotGenericException, match=f"You have no task {first.uuid} to wait for"):
        of_charlie.submit()

    assert Task.objects.count() == 1


def test_a_task_that_waits_says_for_what(as_alice, submit):
    first = submit("The first film")
    second = submit("second", after=[first])

    told = as_alice._get(f"/tasks/{second.uuid}").json()

    assert told["waitingReason"] == "It waits for the end of “The first film”."


def test_the_sweep_finds_an_end_that_was_not_told(submit, machine):
    first = submit("first")
    second = submit("second", after=[first])
    third = submit("third", advanced=[AdvancedDependency(first.uuid, [TaskFinalStateFailure()])])
    Task.objects.filter(pk=first.uuid).update(state="Success")

    sweeps.sweep()

    assert is_claimable(second)
    assert states(third) == ["Failure"]


def test_the_sweep_frees_what_was_told_and_not_freed(submit, machine):
    second = submit("second", after=[submit("first")])
    Dependency.objects.update(state=Dependency.State.FULFILLED)

    sweeps.sweep()

    assert is_claimable(second)


def test_tasks_of_a_job_wait_for_others_only_where_it_says_so(as_alice, submit):
    first = submit("first")
    for uses, is_taken in [(True, True), (False, False)]:
        job = as_alice.create_job("job", useDependencies=uses)
        job.submit()
        task = as_alice.create_task("second", "blender-4.5", 1, job=job)
        task.set_task_dependencies_from_tasks([first])
        if is_taken:
            task.submit()
        else:
            with pytest.raises(QarnotGenericException, match="useDependencies is off"):
                task.submit()


@pytest.mark.parametrize(
    "asked",
    [
        {"dependsOn": "all"},
        {"dependsOn": ["shot-10"]},
        {"advancedDependsOn": [{"taskUuid": "x"}]},
        {"advancedDependsOn": [None]},
        {"advancedDependsOn": [{"taskUuid": str(dependencies.UUID(int=1)), "taskFinalStateCondition": ["soon"]}]},
        {"dependsOn": [str(dependencies.UUID(int=number)) for number in range(1, 102)]},
    ],
)
def test_a_faulty_dependency_is_refused(alice, asked):
    with pytest.raises(Refused, match="Invalid fields: dependencies"):
        create_task(alice, {"name": "n", "profile": "blender-4.5", "instanceCount": 1, "dependencies": asked})
