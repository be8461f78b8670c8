"""The unmodified SDK over real HTTP: what a technical director's script does with tasks."""

import pytest
import qarnot
from qarnot.exceptions import (
    MaxTaskException,
    MissingBucketException,
    MissingTaskException,
    MissingTaskInstanceException,
    NotEnoughCreditsException,
    QarnotGenericException,
    UnauthorizedException,
)

from farm import quotas
from farm.models import Instance, InstanceState, Phase, Task


@pytest.fixture
def order(as_alice):
    """`order(3)` or `order("1-4")`: a task, submitted by alice's script."""

    def submitted(instances=3, **settings):
        task = as_alice.create_task("film", "blender-4.5", instances)
        task.update_cache_time = 0
        for name, value in settings.items():
            setattr(task, name, value)
        task.submit()
        return task

    return submitted


def test_three_instances_run_to_their_end(order, machine):
    task = order(3)
    assert task.state == "Submitted"

    machine.renders_all(task.uuid)

    assert task.wait(timeout=20)
    assert task.state == "Success"
    assert task.status.succeeded_range == "0-2"


def test_a_range_of_frames_is_set_as_in_the_white_paper(as_alice, machine):
    task = as_alice.create_task("film", "blender-4.5", 0)
    task.advanced_range = "1-4"
    task.constants["BLEND_FILE"] = "scene.blend"
    task.submit()

    machine.renders_all(task.uuid)
    task.update(flushcache=True)

    assert (task.advanced_range, task.instancecount) == ("1-4", 0)
    assert [one.instance_id for one in task.completed_instances] == [1, 2, 3, 4]
    assert {one.state for one in task.completed_instances} == {"Success"}


def test_fresh_output_is_what_was_not_read_yet(order, machine):
    task = order(2)
    attempt = machine.begin(task.uuid, 0)
    machine.prints(attempt, "Fra:0 é\n")
    machine.prints(attempt, "careful\n", "stderr")

    assert task.fresh_stdout() == " 0> Fra:0 é\n"
    assert task.fresh_stdout() == ""
    assert task.fresh_stderr() == " 0> careful\n"
    assert task.stdout() == " 0> Fra:0 é\n"
    assert task.stderr() == " 0> careful\n"


def test_output_of_one_instance_is_without_the_others(order, machine):
    task = order(2)
    for number in (0, 1):
        attempt = machine.begin(task.uuid, number)
        machine.prints(attempt, f"Fra:{number}\n")
        machine.prints(attempt, f"warning {number}\n", "stderr")

    assert task.stdout(1) == "Fra:1\n"
    assert task.stderr(1) == "warning 1\n"
    assert task.fresh_stdout(0) == "Fra:0\n"
    assert task.fresh_stdout(0) == ""
    assert task.fresh_stderr(0) == "warning 0\n"
    with pytest.raises(MissingTaskInstanceException):
        task.stdout(7)


def test_a_running_instance_is_told_with_its_machine(order, machine):
    task = order(2)
    machine.begin(task.uuid, 1)
    Instance.objects.filter(task=task.uuid, instance_id=1).update(progress=40, cpu_percent=730, memory_mb=4000)

    (running,) = task.status.running_instances_info.per_running_instance_info

    assert (running.instance_id, running.phase, running.progress) == (1, Phase.EXECUTION, 40)
    assert (running.cpu_usage, running.current_memory_mb, running.memory_usage) == (730, 4000, 1.0)
    assert (running.cpu_model, running.execution_attempt_count) == ("AMD Ryzen 7", 1)
    assert (task.status.instance_count, task.running_core_count, task.progress) == (1, 2, 20)


def test_a_completed_instance_is_told_with_its_results_and_times(as_alice, machine, settings):
    settings.S3_DOOR_URL = "http://127.0.0.1:9999"
    task = as_alice._post("/tasks", {"name": "n", "profile": "blender-4.5", "instanceCount": 1, "resultBucket": "OUT"})
    uuid = task.json()["uuid"]
    machine.ends(machine.begin(uuid, 0), results=["0000.png"])

    (done,) = as_alice.retrieve_task(uuid).completed_instances

    assert (done.results, done.exec_time_sec) == (["s3://127.0.0.1:9999/OUT/0000.png"], 2.5)
    assert as_alice.retrieve_task(uuid).status.execution_time == "00:00:02.5000000"
    assert as_alice.retrieve_task(uuid).status.execution_time_by_cpu_model[0].model == "AMD Ryzen 7"


def test_a_task_that_failed_says_why(order, machine):
    task = order("5-6")
    error = {"code": "NO_CAMERA", "message": "The scene has no camera.", "debug": ""}
    machine.ends(machine.begin(task.uuid, 5), InstanceState.FAILURE, error)
    machine.ends(machine.begin(task.uuid, 6))

    assert task.wait(timeout=20)
    assert (task.state, task.status.failed_range, task.status.succeeded_range) == ("Failure", "5", "6")
    assert (task.errors[0].code, task.errors[0].message) == ("NO_CAMERA", "The scene has no camera. (instances 5)")


def test_abort_cancels_what_waits_and_then_what_runs(order, machine):
    task = order(3)
    attempt = machine.begin(task.uuid, 0)

    task.abort()
    assert task.state == "PendingCancel"
    machine.ends(attempt, InstanceState.CANCELLED)

    assert task.state == "Cancelled"


def test_what_has_ended_cannot_be_aborted(order, machine):
    task = order(1)
    machine.renders_all(task.uuid)

    with pytest.raises(UnauthorizedException, match="Can't abort the task"):
        task.abort()


def test_a_deleted_task_is_gone(order, as_alice, machine):
    task = order(2)
    machine.renders_all(task.uuid)

    task.delete()

    with pytest.raises(MissingTaskException):
        as_alice.retrieve_task(task.uuid)


def test_a_task_that_runs_is_deleted_when_its_machine_let_go(order, as_alice, machine):
    task = order(1)
    attempt = machine.begin(task.uuid, 0)
    uuid = task.uuid

    task.delete()
    assert as_alice.retrieve_task(uuid).state == "PendingDelete"
    machine.ends(attempt, InstanceState.CANCELLED)

    with pytest.raises(MissingTaskException):
        as_alice.retrieve_task(uuid)


def test_tasks_are_listed_newest_first_and_found_by_tag(order, as_alice):
    order(1, tags=["film", "night"])
    order(1, tags=["film"])
    last = order(1)

    assert next(task.uuid for task in as_alice.tasks()) == last.uuid
    assert len(as_alice.tasks(summary=False)) == 3
    assert len(as_alice.tasks(tags=["film", "night"])) == 2
    assert len(as_alice.tasks(tags_intersect=["film", "night"])) == 1


def test_a_retrieved_task_is_the_one_that_was_ordered(order, as_alice):
    task = order("1-4", tags=["film"], constants={"BLEND_FILE": "x.blend"}, results_whitelist=r".*\.png")

    found = as_alice.retrieve_task(task.uuid)

    assert (found.name, found.profile, found.advanced_range) == ("film", "blender-4.5", "1-4")
    assert (found.tags, found.constants["BLEND_FILE"]) == (["film"], "x.blend")
    assert found.results_whitelist == r".*\.png"
    assert found.creation_date == Task.objects.get(pk=task.uuid).created_at.replace(tzinfo=None)


def test_a_task_is_found_by_its_shortname(as_alice):
    task = as_alice.create_task("film", "blender-4.5", 1, shortname="shot-010")
    task.submit()

    assert as_alice.retrieve_task("shot-010").uuid == task.uuid


def test_constants_and_tags_of_a_task_can_be_changed(order, as_alice):
    task = order(1, constants={"BLEND_RATIO": "100"})

    task.constants["BLEND_RATIO"] = "50"
    task.tags = ["half"]
    task.commit()

    found = as_alice.retrieve_task(task.uuid)
    assert (found.constants["BLEND_RATIO"], found.tags) == ("50", ["half"])


def test_many_tasks_are_submitted_at_once_and_the_good_ones_stay(as_alice):
    good = as_alice.create_task("good", "blender-4.5", 1)
    bad = as_alice.create_task("bad", "no-such-software", 1)
    also_good = as_alice.create_task("good", "blender-4.5", 1)

    with pytest.raises(QarnotGenericException, match=r"400, Invalid task file\. Invalid fields: profile"):
        as_alice.submit_tasks([good, bad, also_good])

    assert {str(task.uuid) for task in Task.objects.all()} == {good.uuid, also_good.uuid}


def test_two_equal_orders_that_are_meant_are_two_tasks(order):
    assert order(1).uuid != order(1).uuid


def test_failed_frames_are_rendered_again_as_a_new_task(order, as_alice, machine):
    task = order("1-2")
    machine.ends(machine.begin(task.uuid, 1), InstanceState.FAILURE)
    machine.ends(machine.begin(task.uuid, 2))

    answer = as_alice._post(f"/tasks/{task.uuid}/retry")

    assert as_alice.retrieve_task(answer.json()["uuid"]).advanced_range == "1"


def test_refusals_are_the_exceptions_of_the_sdk(as_alice, connect, bob, monkeypatch):
    with pytest.raises(QarnotGenericException, match="Invalid fields: name"):
        as_alice.create_task("", "blender-4.5", 1).submit()
    with pytest.raises(NotEnoughCreditsException):
        connect(bob).create_task("film", "blender-4.5", 1).submit()
    with pytest.raises(MissingBucketException, match="No such bucket: NOT_THERE"):
        task = as_alice.create_task("film", "blender-4.5", 1)
        task._resource_objects = [qarnot.bucket.Bucket(as_alice, "NOT_THERE", create=False)]
        task.submit()
    monkeypatch.setattr(quotas, "MAX_TASKS", 0)
    with pytest.raises(MaxTaskException):
        as_alice.create_task("film", "blender-4.5", 1).submit()


def test_a_task_of_someone_else_is_not_there(order, connect, charlie):
    task = order(1)

    as_charlie = connect(charlie)

    assert as_charlie.tasks() == []
    with pytest.raises(MissingTaskException):
        as_charlie.retrieve_task(task.uuid)
