"""Tasks in groups, which Qarnot's API calls jobs."""

import pytest
from qarnot.exceptions import MissingJobException, QarnotGenericException, UnauthorizedException

from tests.contract.orders import ENDS_WITHIN_SECONDS, ended, until
from tests.stack import wait_until


@pytest.fixture
def make_job(orders):
    """`make_job(max_wall_time=…)`: a job, submitted; deleted with its tasks at the end."""
    made = []

    def make(**settings):
        job = orders.connection.create_job(orders.name)
        for name, value in settings.items():
            setattr(job, name, value)
        job.submit()
        made.append(job.uuid)
        return job

    yield make
    for uuid in made:
        orders.person.ask("DELETE", f"/jobs/{uuid}?force=True")


def in_job(orders, job, script):
    task = orders.shell(script)
    task._job_uuid = job.uuid  # what create_task(job=…) sets
    task.submit()
    return task


def state_of(job):
    job.update(flushcache=True)
    return job.state


def test_the_tasks_of_a_job_run_and_are_told_by_it(orders, make_job):
    job = make_job(tags=["night"])
    first, second = in_job(orders, job, "echo one"), in_job(orders, job, "echo two")

    assert [ended(task).stdout(0) for task in (first, second)] == ["one\n", "two\n"]
    assert {task.uuid for task in job.tasks} == {first.uuid, second.uuid}
    assert state_of(job) == "Active"


def test_a_task_is_made_in_a_job_as_the_sdk_makes_it(orders, make_job):
    job = make_job()
    task = orders.connection.create_task("in a job", "docker-batch", 1, job=job)
    task.constants["DOCKER_REPO"] = "library/none"

    task.submit()

    assert [one.uuid for one in job.tasks] == [task.uuid]


def test_a_terminated_job_stops_what_runs_and_takes_nothing_more(orders, make_job):
    job = make_job()
    task = in_job(orders, job, "sleep 600")
    until(task, lambda seen: seen.state == "FullyExecuting")

    job.terminate()

    wait_until(lambda: state_of(job) == "Completed", ENDS_WITHIN_SECONDS, lambda: job)
    assert ended(task).state == "Cancelled"
    with pytest.raises(QarnotGenericException, match="takes no more tasks"):
        in_job(orders, job, "true")


def test_a_job_ends_when_its_wall_time_is_over(orders, make_job):
    job = make_job(max_wall_time="00:00:02")
    task = in_job(orders, job, "sleep 600")

    wait_until(lambda: state_of(job) == "Completed", ENDS_WITHIN_SECONDS, lambda: job)
    assert ended(task).state == "Cancelled"


def test_a_job_with_tasks_that_run_is_deleted_by_force_only(orders, make_job):
    job = make_job()
    in_job(orders, job, "sleep 600")
    uuid = job.uuid

    with pytest.raises(UnauthorizedException, match="running tasks"):
        job.delete()
    job.delete(forceAbort=True)

    wait_until(lambda: is_gone(orders, uuid), ENDS_WITHIN_SECONDS, lambda: uuid)


def test_a_job_deletes_itself(orders, make_job):
    job = make_job(auto_delete=True, completion_ttl="00:00:01")
    uuid = job.uuid

    job.terminate()

    wait_until(lambda: is_gone(orders, uuid), ENDS_WITHIN_SECONDS, lambda: uuid)


def test_jobs_are_found_by_tag_and_paged(orders, make_job):
    made = [make_job(tags=["paged", str(number)]) for number in range(3)]

    first = orders.connection.jobs_page(maximum=2, tags=["paged"])
    second = orders.connection.jobs_page(maximum=2, tags=["paged"], token=first.next_token)

    seen = [job.uuid for job in [*first.page_data, *second.page_data]]
    assert seen == [job.uuid for job in made[::-1]]
    assert [job.uuid for job in orders.connection.all_jobs(tags_intersect=["paged", "1"])] == [made[1].uuid]


def test_a_job_is_made_on_both_paths_with_keys_of_any_case(orders):
    for path in ("/jobs/", "/jobs", "/v1/jobs"):
        made = orders.person.ask("POST", path, {"Name": "of C#", "UseDependencies": True})
        told = orders.person.ask("GET", f"/v1/jobs/{made.json()['uuid']}").json()
        assert (told["name"], told["useDependencies"], told["state"]) == ("of C#", True, "Active")
        assert orders.person.ask("DELETE", f"/jobs/{told['uuid']}").status_code == 200


def test_charlie_sees_no_job_of_alices(orders, charlie, make_job):
    job = make_job(tags=["hers"])
    in_job(orders, job, "true")

    assert list(charlie.connection.all_jobs(tags=["hers"])) == []
    with pytest.raises(MissingJobException):
        charlie.connection.retrieve_job(job.uuid)
    for method, path in [("GET", "/tasks"), ("POST", "/terminate"), ("DELETE", "?force=True")]:
        assert charlie.ask(method, f"/jobs/{job.uuid}{path}").status_code == 404
    assert state_of(job) == "Active"


def is_gone(orders, uuid):
    try:
        orders.connection.retrieve_job(uuid)
    except MissingJobException:
        return True
    return False
