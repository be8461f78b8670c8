"""What every address of the API has in common: paths as clients write them, tokens, bodies."""

import json

import pytest

from farm.models import Task
from farm.submission import create_task

ORDER = {"name": "film", "profile": "blender-4.5", "instanceCount": 1}
SDK = "qarnot-sdk-python/v2.23.0"


@pytest.fixture
def task(alice):
    return create_task(alice, ORDER)


@pytest.mark.parametrize("path", ["info", "/info", "info/", "v1/info", "/v1//info", "INFO", "V1/Info"])
def test_a_path_is_understood_as_clients_write_it(ask, alice, path):
    assert ask(alice, "GET", path).json()["email"] == "alice@example.org"


def test_a_post_to_a_doubled_slash_is_no_redirect(ask, alice):
    answer = ask(alice, "POST", "/v1//tasks/", ORDER)

    assert (answer.status_code, Task.objects.count()) == (200, 1)


def test_settings_are_for_everyone(ask, settings):
    assert ask(None, "GET", "settings").json() == {"storage": settings.S3_DOOR_URL}


@pytest.mark.parametrize("token", ["", "nonsense", "Bearer ", "rw_00000000000000000000." + "0" * 40, "é"])
def test_no_valid_token_is_401_with_a_message(client, db, token):
    answer = client.get("/farm/info", headers={"Authorization": token})

    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Bad authentication token")


def test_another_method_is_405_and_says_which_are_there(ask, alice):
    answer = ask(alice, "DELETE", "info")

    assert (answer.status_code, answer["Allow"]) == (405, "GET")


@pytest.mark.parametrize("content_type", ["application/json-patch+json", "text/plain", ""])
def test_the_content_type_of_a_body_does_not_matter(client, alice, content_type):
    from accounts.tokens import make_token

    token = make_token(alice, "t")[1]
    answer = client.generic(
        "POST", "/farm/tasks", json.dumps(ORDER), content_type=content_type, headers={"Authorization": token}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("body", ["{", "NaN", "[" * 100_000, '{"a": ' * 100_000, "\xff", '{"name": 1e999}'])
def test_a_body_that_is_no_order_is_400_with_a_message(ask, alice, body):
    answer = ask(alice, "POST", "tasks", body)

    assert (answer.status_code, Task.objects.count()) == (400, 0)
    assert answer.json()["message"]


def test_a_body_that_is_too_long_is_refused_in_words(ask, alice):
    answer = ask(alice, "POST", "tasks", json.dumps(ORDER | {"name": "x" * 3_000_000}))

    assert (answer.status_code, answer.json()) == (
        413,
        {"message": "The request is too long. Send fewer tasks at once."},
    )


def test_no_cookie_is_needed_or_used(ask, alice, client):
    client.force_login(alice)

    assert ask(None, "GET", "info").status_code == 401
    assert ask(alice, "POST", "tasks", ORDER).status_code == 200


def test_output_is_text_for_the_python_sdk_and_json_for_those_that_decode_it(ask, alice, task, machine):
    machine.prints(machine.begin(task.pk, 0), "é\n")
    path = f"tasks/{task.pk}/stdout"

    plain = ask(alice, "GET", path, Accept="*/*")
    assert (plain.content.decode(), plain["Content-Type"]) == (" 0> é\n", "text/plain; charset=utf-8")
    assert ask(alice, "GET", f"v1/{path}", Accept="*/*").json() == " 0> é\n"
    assert ask(alice, "GET", path, Accept="application/json").json() == " 0> é\n"


def test_output_from_a_place_on_says_where_it_begins(ask, alice, task, machine):
    machine.prints(machine.begin(task.pk, 0), "one\ntwo\n")

    answer = ask(alice, "GET", f"tasks/{task.pk}/stdout?offset=8")
    of_one = ask(alice, "GET", f"tasks/{task.pk}/stdout/0?offset=4")

    assert (answer.content, answer["X-Output-Offset"]) == (b" 0> two\n", "8")
    assert (of_one.content, of_one["X-Output-Offset"]) == (b"two\n", "4")
    assert "X-Output-Offset" not in ask(alice, "GET", f"tasks/{task.pk}/stdout").headers
    assert ask(alice, "GET", f"tasks/{task.pk}/stdout?offset=-1").status_code == 400


def test_a_buffer_that_is_cut_says_so(ask, alice, task, machine, monkeypatch):
    attempt = machine.begin(task.pk, 0)
    for number in range(9):
        machine.prints(attempt, f"line {number}\n")
    monkeypatch.setattr("farm.output.LONGEST_ANSWER", 30)

    lines = ask(alice, "GET", f"tasks/{task.pk}/stdout").content.decode().splitlines()

    assert lines[0] == "… 77 characters of older output are left out here; ?offset=0 has them"
    assert lines[-1] == " 0> line 8"


def test_an_order_the_sdk_repeats_before_it_saw_the_answer_is_one_task(ask, alice):
    first = ask(alice, "POST", "tasks", ORDER, **{"User-Agent": SDK}).json()
    again = ask(alice, "POST", "tasks", ORDER, **{"User-Agent": SDK}).json()

    assert (first, Task.objects.count()) == (again, 1)


def test_an_equal_order_after_the_answer_was_seen_is_another_task(ask, alice):
    first = ask(alice, "POST", "tasks", ORDER, **{"User-Agent": SDK}).json()
    ask(alice, "GET", f"tasks/{first['uuid']}", **{"User-Agent": SDK})

    assert ask(alice, "POST", "tasks", ORDER, **{"User-Agent": SDK}).json() != first


def test_equal_orders_of_other_clients_or_accounts_or_in_one_list_are_each_a_task(ask, alice, charlie):
    sdk = {"User-Agent": SDK}
    ask(alice, "POST", "tasks", ORDER)
    ask(alice, "POST", "tasks", ORDER)
    ask(alice, "POST", "tasks", ORDER, **sdk)
    ask(charlie, "POST", "tasks", ORDER, **sdk)
    first = ask(alice, "POST", "tasks", [ORDER, ORDER], **sdk).json()
    again = ask(alice, "POST", "tasks", [ORDER, ORDER], **sdk).json()

    assert (first, Task.objects.count()) == (again, 6)


def test_a_list_of_orders_is_answered_in_its_order(ask, alice):
    answer = ask(alice, "POST", "tasks", [ORDER, ORDER | {"name": ""}, 5])

    assert (answer.status_code, [each["statusCode"] for each in answer.json()]) == (207, [200, 400, 400])
    assert ask(alice, "POST", "tasks", []).json() == []
