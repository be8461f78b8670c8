"""The built-in farm as a stand-in for Qarnot's service: what that does otherwise, and nothing of ours."""

import json

import pytest

from accounts.tokens import make_token
from farm.api import quirks
from farm.models import Task
from farm.submission import create_task

ORDER = {"name": "film", "profile": "blender-4.5", "instanceCount": 2}


@pytest.fixture(autouse=True)
def quirky(settings, monkeypatch):
    settings.FARM_QUIRKS, settings.FARM_QUIRKS_STATE_AGE = True, 5.0
    monkeypatch.setattr(quirks, "SLOWEST_SECONDS", 0)
    monkeypatch.setattr(quirks, "QUICKEST_SECONDS", 0)
    monkeypatch.setattr(quirks, "_asked_at", {})
    monkeypatch.setattr(quirks, "_told", {})


@pytest.fixture
def task(alice, machine):
    """Its first instance runs and has printed a line."""
    task = create_task(alice, ORDER)
    task.attempt = machine.begin(task.pk, 0)
    machine.prints(task.attempt, "first é\n")
    return task


@pytest.fixture
def aged(monkeypatch):
    """`aged(seconds)`: time passes for the door."""
    passed = [0.0]
    now = quirks.time.monotonic
    monkeypatch.setattr(quirks.time, "monotonic", lambda: now() + passed[0])

    def later(seconds):
        passed[0] += seconds

    return later


def test_output_is_a_json_text_of_the_whole_buffer_whatever_place_is_asked_for(ask, alice, task):
    answer = ask(alice, "GET", f"tasks/{task.uuid}/stdout?offset=5")

    assert (answer.json(), "X-Output-Offset" in answer) == (" 0> first é\n", False)
    assert ask(alice, "GET", f"tasks/{task.uuid}/stdout/0").content.decode() == json.dumps("first é\n")


def test_all_tokens_of_an_account_share_one_place_in_the_output(client, alice, task):
    readers = [{"Authorization": make_token(alice, name)[1]} for name in ("one", "another")]
    path = f"/farm/tasks/{task.uuid}/stdout"

    assert [client.post(path, headers=reader).json() for reader in readers] == [" 0> first é\n", ""]


def test_output_of_alices_is_not_there_for_charlie(ask, charlie, task):
    for method in ("GET", "POST"):
        answer = ask(charlie, method, f"tasks/{task.uuid}/stdout")
        assert (answer.status_code, "first" in answer.content.decode()) == (404, False)


def test_what_is_told_of_a_tasks_state_is_some_seconds_old(ask, alice, task, machine, aged):
    def told():
        said = ask(alice, "GET", f"tasks/{task.uuid}").json()
        return said["state"], len(said["completedInstances"])

    assert told() == ("PartiallyExecuting", 0)
    machine.ends(task.attempt)
    assert told() == ("PartiallyExecuting", 0)

    aged(6)

    assert told()[1] == 1


def test_what_the_account_said_itself_is_never_old(ask, alice, task):
    ask(alice, "GET", f"tasks/{task.uuid}")
    ask(alice, "PUT", f"tasks/{task.uuid}", {"tags": ["new"]})

    assert ask(alice, "GET", f"tasks/{task.uuid}").json()["tags"] == ["new"]


@pytest.mark.parametrize("silent", [{}, {"retrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None}}])
def test_an_order_that_says_nothing_of_retries_has_one_attempt(ask, alice, silent):
    uuid = ask(alice, "POST", "tasks", ORDER | silent).json()["uuid"]

    assert Task.objects.get(pk=uuid).max_total_retries == 0


def test_an_order_that_names_retries_has_them(ask, alice):
    uuid = ask(alice, "POST", "v1/tasks", ORDER | {"retrySettings": {"maxTotalRetries": 2}}).json()["uuid"]

    assert Task.objects.get(pk=uuid).max_total_retries == 2


def test_who_asks_too_often_is_told_so_and_no_one_else(ask, alice, charlie, settings, aged):
    settings.FARM_QUIRKS_RATE = 3
    assert [ask(alice, "GET", "info").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert ask(alice, "GET", "info")["Retry-After"] == "1"
    assert ask(charlie, "GET", "info").status_code == 200

    aged(1.1)

    assert ask(alice, "GET", "info").status_code == 200


def test_nothing_of_ours_is_said_of_a_task_and_its_labels_stay(ask, alice, machine):
    uuid = ask(alice, "POST", "tasks", ORDER | {"labels": {"priority": "high"}}).json()["uuid"]
    machine.begin(uuid, 0)

    said = ask(alice, "GET", f"tasks/{uuid}").json()

    (running,) = said["status"]["runningInstancesInfo"]["perRunningInstanceInfo"]
    assert not quirks.OURS & (said.keys() | running.keys())
    assert said["labels"] == {"priority": "high"}


def test_a_profile_has_names_defaults_and_descriptions_only(ask, alice):
    said = ask(alice, "GET", "profiles/blender-4.5").json()

    assert said.keys() <= {"name", "constants", "licenses"}
    assert {name for constant in said["constants"] for name in constant} == {"name", "value", "description"}


@pytest.mark.parametrize("body", ["{", "[", '"text"', "[3]"])
def test_a_body_of_another_shape_is_refused_as_ever(ask, alice, body):
    assert ask(alice, "POST", "tasks", body).status_code in (200, 207, 400)
    assert not Task.objects.exists()


def test_who_shows_no_token_is_refused_as_ever(ask, db):
    assert ask(None, "GET", "info").status_code == 401
    assert ask(None, "GET", "tasks/x/stdout").status_code == 401
    assert ask(None, "GET", "settings").status_code == 200


def test_the_studios_farm_plays_none_of_it(ask, alice, task, settings):
    settings.FARM_QUIRKS = False

    assert ask(alice, "GET", f"tasks/{task.uuid}/stdout?offset=4").content.decode() == "first é\n"
    assert "waitingReason" in ask(alice, "GET", f"tasks/{task.uuid}").json()
