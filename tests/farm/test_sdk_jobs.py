"""The unmodified SDK over real HTTP: tasks in groups, which Qarnot's API calls jobs."""

from datetime import timedelta

import pytest
from django.utils import timezone
from qarnot.exceptions import (
    MaxJobException,
    MissingJobException,
    QarnotGenericException,
    UnauthorizedException,
)

from farm import groups, quotas, sweeps
from farm.models import InstanceState, Job, Task


@pytest.fixture
def make_job(as_alice):
    """`make_job(tags=[…])`: a job of alice's, submitted."""

    def submitted(name="film", **settings):
        job = as_alice.create_job(name)
        job._update_cache_time = 0
        for key, value in settings.items():
            setattr(job, key, value)
        job.submit()
        return job

    return submitted


@pytest.fixture
def in_job(as_alice):
    """`in_job(job, 2)`: a task of two instances in it, submitted."""

    def submitted(job, instances=1):
        task = as_alice.create_task("shot", "blender-4.5", instances, job=job)
        task.update_cache_time = 0
        task.submit()
        return task

    return submitted


def test_a_job_is_told_as_it_was_made(as_alice, make_job):
    made = make_job(use_dependencies=True, max_wall_time="1.02:03:04", auto_delete=True, completion_ttl="00:10:00")

    found = as_alice.retrieve_job(made.uuid)

    assert (found.name, found.state, found.shortname) == ("film", "Active", made.uuid)
    assert (found.use_dependencies, found.auto_delete, found.completion_ttl) == (True, True, "00:10:00")
    assert found.max_wall_time == timedelta(days=1, hours=2, minutes=3, seconds=4)


def test_a_job_knows_its_tasks_and_a_task_its_job(as_alice, make_job, in_job):
    job = make_job()
    first, second = in_job(job), in_job(job)
    as_alice.create_task("alone", "blender-4.5", 1).submit()

    assert {task.uuid for task in job.tasks} == {first.uuid, second.uuid}
    assert as_alice.retrieve_task(first.uuid)._job_uuid == job.uuid


def test_jobs_are_paged_and_found_by_tag(as_alice, make_job):
    made = [make_job(tags=["night", "film"]), make_job(tags=["film"]), make_job()]

    pages = [as_alice.jobs_page(maximum=2)]
    pages.append(as_alice.jobs_page(maximum=2, token=pages[0].next_token))

    assert [job.uuid for page in pages for job in page.page_data] == [job.uuid for job in made[::-1]]
    assert [job.uuid for job in as_alice.all_jobs(tags=["night", "day"])] == [made[0].uuid]
    assert [job.uuid for job in as_alice.all_jobs(tags_intersect=["night", "film"])] == [made[0].uuid]


def test_a_job_that_is_terminated_cancels_its_tasks_and_completes_after_the_last(make_job, in_job, machine):
    job = make_job()
    waiting, running = in_job(job), in_job(job)
    attempt = machine.begin(running.uuid, 0)

    job.terminate()
    job.update(flushcache=True)
    assert (job.state, waiting.state, running.state) == ("Terminating", "Cancelled", "PendingCancel")
    machine.ends(attempt, InstanceState.CANCELLED)

    job.update(flushcache=True)
    assert (job.state, job.previous_state) == ("Completed", "Terminating")


def test_a_job_without_tasks_is_completed_at_once_and_takes_none_any_more(make_job, in_job):
    job = make_job()
    job.terminate()
    job.update(flushcache=True)

    assert job.state == "Completed"
    with pytest.raises(QarnotGenericException, match="is Completed and takes no more tasks"):
        in_job(job)


def test_a_job_whose_tasks_run_is_deleted_only_by_force(as_alice, make_job, in_job, machine):
    job = make_job()
    task = in_job(job)
    attempt = machine.begin(task.uuid, 0)
    uuid = job.uuid

    with pytest.raises(UnauthorizedException, match="still has running tasks"):
        job.delete()
    job.delete(forceAbort=True)
    assert as_alice.retrieve_job(uuid).state == "Deleting"
    machine.ends(attempt, InstanceState.CANCELLED)
    sweeps.sweep()

    assert (Task.objects.count(), Job.objects.count()) == (0, 0)


def test_a_job_that_is_deleted_without_force_leaves_its_tasks(as_alice, make_job, in_job, machine):
    job = make_job()
    task = in_job(job)
    machine.renders_all(task.uuid)
    uuid = job.uuid

    job.delete()

    with pytest.raises(MissingJobException):
        as_alice.retrieve_job(uuid)
    assert (task.state, as_alice.retrieve_task(task.uuid)._job_uuid) == ("Success", None)


def test_no_sweep_takes_the_tasks_of_a_job_that_is_deleted_without_force(make_job, in_job, machine, monkeypatch):
    task = in_job(make_job())
    machine.renders_all(task.uuid)

    def cut_short(job, *args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(Job, "delete", cut_short)
    with pytest.raises(ConnectionError):
        groups.delete(Job.objects.get(), by_force=False)
    monkeypatch.undo()
    sweeps.sweep()

    assert (Task.objects.count(), Job.objects.count()) == (1, 1)


def test_a_job_ends_when_its_wall_time_is_over(make_job, in_job):
    job = make_job(max_wall_time="00:01:00")
    task = in_job(job)
    sweeps.sweep()
    assert (job.state, task.state) == ("Active", "Submitted")

    Job.objects.update(terminate_at=timezone.now() - timedelta(seconds=1))
    sweeps.sweep()

    job.update(flushcache=True)
    assert (job.state, task.state) == ("Completed", "Cancelled")


def test_a_job_deletes_itself_some_time_after_its_end(make_job):
    job = make_job(auto_delete=True, completion_ttl="00:10:00")
    job.terminate()
    sweeps.sweep()
    assert Job.objects.get().delete_at > timezone.now() + timedelta(minutes=9)

    Job.objects.update(delete_at=timezone.now() - timedelta(seconds=1))
    sweeps.sweep()

    assert Job.objects.count() == 0


def test_an_end_of_a_task_that_the_job_was_not_told_of_is_found(make_job, in_job, machine):
    job = make_job()
    task = in_job(job)
    machine.renders_all(task.uuid)
    Job.objects.update(state="Terminating")

    sweeps.sweep()

    job.update(flushcache=True)
    assert job.state == "Completed"


def test_more_jobs_than_allowed_are_refused_in_the_words_the_sdk_knows(make_job, monkeypatch):
    monkeypatch.setattr(quotas, "MAX_JOBS", 1)
    make_job()

    with pytest.raises(MaxJobException):
        make_job()


def test_a_faulty_job_is_refused_by_its_field(make_job):
    with pytest.raises(QarnotGenericException, match=r"Invalid job file\. Invalid fields: name, maxWallTime\."):
        make_job("", max_wall_time="an hour")


def test_a_shortname_of_a_job_is_taken_once(make_job):
    make_job(shortname="film-1")

    with pytest.raises(QarnotGenericException, match="shortname-uniqueness"):
        make_job(shortname="film-1")


def test_a_job_of_someone_else_is_not_there_nor_can_be_ordered_in(connect, charlie, make_job):
    job = make_job(tags=["film"])
    as_charlie = connect(charlie)

    assert list(as_charlie.all_jobs()) == list(as_charlie.all_jobs(tags=["film"])) == []
    with pytest.raises(MissingJobException):
        as_charlie.retrieve_job(job.uuid)
    with pytest.raises(QarnotGenericException, match="You have no job"):
        as_charlie.create_task("theft", "blender-4.5", 1, job=job).submit()


def test_jobs_are_searched_by_fields_of_any_case(ask, alice, make_job):
    make_job("day")
    make_job("night")
    tree = {"Operator": "Equal", "Field": "Name", "Value": "night"}

    found = ask(alice, "POST", "v1/jobs/search", {"Filter": tree, "Select": ["Name", "State"]}).json()

    assert found == [{"name": "night", "state": "Active"}]
    assert [job["name"] for job in ask(alice, "GET", "jobs").json()] == ["night", "day"]
