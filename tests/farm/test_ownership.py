"""Every address of the API, tried as no one and as someone else: a task of alice is not there for charlie."""

import re

import pytest

from farm.api import routes
from farm.models import Job, Snapshot, Task
from farm.submission import create_task

PUBLIC = {"settings", "versions"}
OWN = {"task", "job"}
"""Parts of a path that name something an account owns."""
NOT_OWNED = {
    "stream": "stdout",
    "instance": "0",
    "way": "retry",
    "name": "blender-4.5",
    "key": "a/b",
    "prefix": "a",
    "project": "film",
    "snapshot": "5a0e4f4c-0000-4000-8000-000000000001",
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
ROUTES = [route.name for route in routes.urlpatterns]
OWNED_ROUTES = [route.name for route in routes.urlpatterns if OWN & set(route.pattern.regex.groupindex)]
BODY = {"name": "theft", "profile": "blender-4.5", "instanceCount": 1, "constants": [], "tags": ["stolen"]}


def path_of(pattern, task):
    """A path that the route takes, with alice's task or job in it: the job has the names of the task."""
    parts = NOT_OWNED | {"task": str(task), "job": str(task)}
    path = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda part: parts[part[1]], pattern)
    path = path.replace("(?:summaries/)?", "").replace("(?:/a)?", "/a").replace("(?:/.*)?", "").replace("[^/]+", "x")
    assert re.fullmatch(pattern, path), f"no path for {pattern}: say in NOT_OWNED or OWN what its parts are"
    return path


@pytest.fixture
def task(alice, machine):
    task = create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 2, "shortname": "shot-1"})
    machine.prints(machine.begin(task.pk, 0), "secret\n")
    Snapshot.objects.create(uuid=NOT_OWNED["snapshot"], task=task)
    Job.objects.create(uuid=task.pk, account=alice, name="secret", shortname="shot-1")
    return task


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in PUBLIC])
def test_no_one_is_let_in_anywhere(ask, task, route):
    for method in METHODS:
        assert ask(None, method, path_of(route, task.pk), BODY).status_code == 401


@pytest.mark.parametrize("route", OWNED_ROUTES)
@pytest.mark.parametrize("name", ["uuid", "shortname"])
def test_a_task_of_someone_else_is_not_there_by_any_way(ask, charlie, task, route, name):
    before = [Task.objects.values().get(pk=task.pk), Job.objects.values().get(pk=task.pk)]
    path = path_of(route, getattr(task, name))

    answers = [ask(charlie, method, path, BODY) for method in METHODS]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert 404 in {answer.status_code for answer in answers}
    assert all(b"secret" not in answer.content for answer in answers)
    assert [Task.objects.values().get(), Job.objects.values().get()] == before


@pytest.mark.parametrize("route", OWNED_ROUTES)
def test_the_owner_finds_it_there_by_the_same_path(ask, alice, task, route):
    answers = [ask(alice, method, path_of(route, task.pk), BODY) for method in METHODS]

    assert {answer.status_code for answer in answers} - {404, 405}


def test_the_message_does_not_tell_a_task_of_someone_else_from_none(ask, charlie, task):
    theirs = ask(charlie, "GET", f"tasks/{task.pk}").json()["message"]
    none = ask(charlie, "GET", "tasks/5a0e4f4c-0000-4000-8000-000000000001").json()["message"]

    assert theirs.replace(str(task.pk), "X") == none.replace("5a0e4f4c-0000-4000-8000-000000000001", "X")


def test_the_walk_sees_the_addresses_of_tasks():
    assert len(OWNED_ROUTES) >= 8
