"""Rendering again: retry, recover, resume and clone make a new task of an old order."""

import pytest

from farm import copies, groups, secret_constants
from farm.copies import copy_task
from farm.models import Bucket, Instance, Task
from farm.submission import Refused, create_task

FAILED, ALL = copies.FAILED, None


def order(**fields):
    return {"name": "film", "profile": "blender-4.5", "instanceCount": 1, **fields}


def ids_of(task):
    return list(Instance.objects.filter(task=task).order_by("instance_id").values_list("instance_id", flat=True))


def test_failed_instances_are_rendered_again_as_a_new_task(alice, machine):
    task = create_task(alice, order(instanceCount=0, advancedRanges="1-4", tags=["t"], shortname="first"))
    for number, state in [(1, "success"), (2, "failure"), (3, "success"), (4, "failure")]:
        machine.ends(machine.begin(task.pk, number), state)

    again = copy_task(Task.objects.get(pk=task.pk), {"name": "second try"}, FAILED)

    assert (ids_of(again), again.name, again.shortname) == ([2, 4], "second try", str(again.uuid))
    assert [str(tag) for tag in again.tags.all()] == ["t"]


def test_there_is_nothing_to_do_again_when_nothing_failed(alice, machine):
    task = create_task(alice, order())

    with pytest.raises(Refused, match="Wait until it has ended"):
        copy_task(task, None, FAILED)
    with pytest.raises(Refused, match="nothing to do again"):
        copy_task(machine.renders_all(task.pk), None, FAILED)


def test_a_clone_has_all_instances_or_those_it_is_given(alice):
    task = create_task(alice, order(instanceCount=2))

    assert ids_of(copy_task(task, None, ALL)) == [0, 1]
    assert ids_of(copy_task(task, {"AdvancedRanges": "5-6"}, ALL)) == [5, 6]


def test_each_way_takes_the_instances_it_is_named_for(ask, alice, machine):
    task = create_task(alice, order(instanceCount=4))
    for number, state in enumerate(["success", "failure", "cancelled", "success"]):
        machine.ends(machine.begin(task.pk, number), state)

    answers = {way: ask(alice, "POST", f"tasks/{task.pk}/{way}") for way in ("retry", "recover", "resume", "clone")}

    again = {way: ids_of(answer.json()["uuid"]) for way, answer in answers.items()}
    assert again == {"retry": [1], "recover": [1, 2], "resume": [2], "clone": [0, 1, 2, 3]}


def test_a_copy_is_ordered_with_all_that_the_first_was(alice):
    Bucket.objects.create(account=alice, name="IN")
    job = groups.create_job(alice, {"name": "night", "useDependencies": True})
    first = create_task(alice, order())
    wish = {"taskUuid": str(first.pk), "taskFinalStateCondition": ["success"]}
    task = create_task(
        alice,
        order(
            jobUuid=str(job.pk),
            dependencies={"advancedDependsOn": [wish]},
            constants=[{"key": "QARNOT_SECRET__KEY", "value": "s3cret"}],
            resourceBuckets=["IN"],
            resultBucket="OUT",
            resultsBucketPrefix="night/",
            resultsWhitelist="png$",
            snapshotBlacklist="tmp$",
            uploadResultsOnCancellation=True,
            hardwareConstraints=[{"discriminator": "SSDHardwareConstraint"}],
            secretsAccessRights={"byPrefix": [{"prefix": "team/"}]},
            privileges={"exportApiAndStorageCredentialsInEnvironment": True},
            maxTimeQueueSeconds=60,
            autoDeleteOnCompletion=True,
            completionTimeToLive="00:10:00",
            retrySettings={"maxTotalRetries": 7, "maxPerInstanceRetries": 1},
            schedulingType="Flex",
            labels={"shot": "10"},
            priority="high",
            tags=["a"],
        ),
    )
    own = {"uuid", "shortname", "created_at", "modified_at", "state_changed_at", "constants"}

    copied = copy_task(Task.objects.get(pk=task.pk), None, ALL)

    was, now = (Task.objects.filter(pk=one.pk).values().get() for one in (task, copied))
    assert {name for name in was if was[name] != now[name]} == own
    assert secret_constants.opened(copied) == {"QARNOT_SECRET__KEY": "s3cret"}
    assert [(one.on_uuid, one.final_states, one.is_advanced) for one in copied.dependencies.all()] == [
        (first.pk, ["success"], True)
    ]


def test_a_copy_is_tried_as_often_as_the_older_field_said(alice):
    task = create_task(alice, order(maxRetriesPerInstance=9))

    copied = copy_task(Task.objects.get(pk=task.pk), None, ALL)

    assert (task.max_attempts, copied.max_attempts) == (10, 10)


def test_what_is_rendered_again_waits_for_nothing_anew(alice):
    first = create_task(alice, order())
    wish = {"taskUuid": str(first.pk), "taskFinalStateCondition": ["failure"]}
    task = create_task(alice, order(dependencies={"advancedDependsOn": [wish]}))
    Task.objects.filter(pk=first.pk).update(state="Success")
    copies.lifecycle.settle_dependents(first.pk)

    again = copy_task(Task.objects.get(pk=task.pk), None, FAILED)

    assert (ids_of(again), Task.objects.get(pk=again.pk).waits_for_tasks) == ([0], False)


def test_a_clone_waits_only_for_tasks_that_are_still_there(alice):
    first = create_task(alice, order())
    task = create_task(alice, order(dependencies={"dependsOn": [str(first.pk)]}))
    Task.objects.filter(pk=first.pk).delete()

    assert not copy_task(task, None, ALL).dependencies.exists()


def test_a_copy_is_in_no_job_that_takes_no_more_tasks(alice):
    job = groups.create_job(alice, {"name": "night"})
    task = create_task(alice, order(jobUuid=str(job.pk)))
    groups.terminate(job)

    assert copy_task(Task.objects.get(pk=task.pk), None, ALL).job is None


def test_charlie_copies_nothing_of_alices(ask, alice, charlie):
    task = create_task(alice, order())

    assert {ask(charlie, "POST", f"tasks/{task.pk}/{way}").status_code for way in ("retry", "clone")} == {404}
    assert Task.objects.count() == 1


def test_the_echo_of_a_secret_sent_back_is_that_secret(alice):
    task = create_task(alice, order(constants=[{"key": "QARNOT_SECRET__KEY", "value": "s3cret"}]))
    told = [{"Key": "QARNOT_SECRET__KEY", "Value": "[SECRET]"}, {"Key": "NEW", "Value": "[SECRET]"}]

    copied = copy_task(task, {"Constants": told}, ALL)

    assert secret_constants.opened(copied) == {"QARNOT_SECRET__KEY": "s3cret", "NEW": "[SECRET]"}
