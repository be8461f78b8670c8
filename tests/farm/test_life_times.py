"""What ends or goes by itself: a task nobody takes, a task that was to delete itself, retries that are used up."""

from datetime import timedelta

import pytest
from django.utils import timezone
from qarnot.retry_settings import RetrySettings

from farm import sweeps
from farm.models import Attempt, Instance, InstanceState, Task
from farm.node import reports
from farm.submission import create_task


@pytest.fixture
def submit(as_alice):
    def submitted(instances=1, **settings):
        task = as_alice.create_task("film", "blender-4.5", instances)
        task.update_cache_time = 0
        for key, value in settings.items():
            setattr(task, key, value)
        task.submit()
        return task

    return submitted


def long_ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def test_a_task_that_no_machine_takes_in_its_time_fails_with_a_sentence(submit):
    task = submit(2, max_time_queue_seconds=60)
    sweeps.sweep()
    assert (task.state, task.max_time_queue_seconds) == ("Submitted", 60)

    Task.objects.update(queued_at=long_ago(61))
    sweeps.sweep()

    assert (task.state, task.errors[0].code) == ("Failure", sweeps.QUEUED_TOO_LONG)
    assert task.errors[0].message.startswith("No machine was free for it within 60 seconds")


def test_a_task_of_which_anything_was_taken_is_no_longer_in_the_queue(submit, machine):
    task = submit(2, max_time_queue_seconds=60)
    machine.gives_back(machine.begin(task.uuid, 0))
    Task.objects.update(queued_at=long_ago(61))

    sweeps.sweep()

    assert task.state == "Submitted"


def test_the_time_of_a_task_that_waits_for_another_begins_with_that_ones_end(as_alice, submit, machine):
    first = submit()
    second = as_alice.create_task("second", "blender-4.5", 1)
    second.max_time_queue_seconds = 60
    second.set_task_dependencies_from_tasks([first])
    second.submit()
    Task.objects.filter(pk=first.uuid).update(queued_at=long_ago(61))
    sweeps.sweep()
    assert Task.objects.get(pk=second.uuid).state == "Submitted"

    machine.renders_all(first.uuid)
    sweeps.sweep()

    assert Task.objects.get(pk=second.uuid).state == "Submitted"


def test_a_task_deletes_itself_its_time_after_its_end(submit, machine):
    task = submit(auto_delete=True, completion_ttl="00:10:00")
    assert (task.auto_delete, task.completion_ttl) == (True, "00:10:00")
    machine.renders_all(task.uuid)
    sweeps.sweep()
    assert task.state == "Success"

    Task.objects.update(delete_at=long_ago(1))
    sweeps.sweep()

    assert Task.objects.count() == 0


def test_a_task_that_only_names_a_time_to_live_stays(submit, machine):
    task = submit(completion_ttl="00:00:01")

    machine.renders_all(task.uuid)

    assert Task.objects.get().delete_at is None


def test_a_task_that_has_not_ended_is_not_deleted_by_time(submit):
    submit(auto_delete=True)

    sweeps.sweep()

    assert Task.objects.get().delete_at is None


def fail_once(task, instance_id, machine):
    """Each time with another error: the same one would be the scene's fault."""
    attempt = machine.begin(task.pk, instance_id)
    assert reports.failed(attempt, {"code": "BROKEN", "message": f"It broke at bone-{attempt.pk}.", "debug": ""})
    return Instance.objects.get(task=task, instance_id=instance_id).state


def task_of(account, retries, count=1):
    body = {"name": "film", "profile": "blender-4.5", "instanceCount": count, "retrySettings": retries}
    return create_task(account, body)


def test_an_instance_is_tried_again_as_often_as_ordered(alice, machine):
    task = task_of(alice, {"maxPerInstanceRetries": 2})

    states = [fail_once(task, 0, machine) for _ in range(3)]

    assert states == [InstanceState.WAITING, InstanceState.WAITING, InstanceState.FAILURE]
    assert Attempt.objects.filter(outcome=Attempt.Outcome.FAILURE).count() == 3


def test_no_retries_are_none(alice, machine):
    assert fail_once(task_of(alice, {"maxTotalRetries": 0}), 0, machine) == InstanceState.FAILURE
    assert fail_once(task_of(alice, {"maxPerInstanceRetries": 0}), 0, machine) == InstanceState.FAILURE


def test_the_total_of_retries_is_shared_by_all_instances(alice, machine):
    task = task_of(alice, {"maxTotalRetries": 3, "maxPerInstanceRetries": 2}, count=3)

    assert [fail_once(task, 0, machine) for _ in range(3)][-1] == InstanceState.FAILURE
    assert fail_once(task, 1, machine) == InstanceState.WAITING
    assert fail_once(task, 1, machine) == InstanceState.FAILURE
    assert fail_once(task, 2, machine) == InstanceState.FAILURE
    assert Task.objects.get(pk=task.pk).state == "Failure"


def test_the_sdk_is_told_the_retries_it_ordered(as_alice, submit):
    task = submit(retry_settings=RetrySettings(maxTotalRetries=5, maxPerInstanceRetries=1))

    assert as_alice.retrieve_task(task.uuid).retry_settings == RetrySettings(5, 1)
