"""Requests as the SDKs of other languages send them: another path, other cases of keys, other answers expected."""

import json

import pytest

from tests.contract.orders import ended, results_of

CSHARP = {"Accept": "application/json", "User-Agent": "QarnotSDK/7.0.1"}
GO = {"Accept": "*/*", "User-Agent": "Go-http-client/1.1"}


@pytest.fixture(scope="module")
def order(orders):
    """The constants of an order that prints and writes, and its buckets."""
    task = orders.shell("cat note.txt; echo $WHO > out.txt")
    resources = orders.bucket("in")
    orders.put(resources, "note.txt", "take note")
    return task.constants, resources.uuid, task.results.uuid


def pascal_case(order):
    constants, resources, results = order
    return {
        "Name": "from C#",
        "Profile": "docker-batch",
        "InstanceCount": 1,
        "Constants": [{"Key": key, "Value": value} for key, value in {**constants, "WHO": "C#"}.items()],
        "AdvancedResourceBuckets": [
            {"BucketName": resources, "Filtering": None, "ResourcesTransformation": None, "CacheTTLSec": None}
        ],
        "ResultBucket": results,
        "Tags": ["from-csharp"],
        "Labels": {"Kept As Typed": "Yes"},
        "Dependencies": {"DependsOn": []},
        "RetrySettings": {"MaxTotalRetries": None, "MaxPerInstanceRetries": None},
    }


def lower_case(order):
    constants, resources, results = order
    return {
        "name": "from Go",
        "profile": "docker-batch",
        "instancecount": 1,
        "constants": [{"key": key, "value": value} for key, value in {**constants, "WHO": "Go"}.items()],
        "resourcebuckets": [resources],
        "resultbucket": results,
        "priority": 0,
    }


def ended_as_told(orders, answer):
    assert answer.status_code in (200, 201), answer.text
    return ended(orders.connection.retrieve_task(answer.json()["uuid"]))


def test_keys_in_pascal_case_order_as_those_of_python(orders, alice, order):
    task = ended_as_told(orders, alice.ask("POST", "/tasks", pascal_case(order), **CSHARP))

    assert task.state == "Success"
    assert task.constants["WHO"] == "C#"
    assert task.tags == ["from-csharp"]
    assert task.labels == {"Kept As Typed": "Yes"}
    assert results_of(task)["out.txt"] == b"C#\n"


def test_the_path_with_a_version_and_names_of_buckets_alone_order_too(orders, alice, order):
    task = ended_as_told(orders, alice.ask("POST", "/v1/tasks", lower_case(order), **GO))

    assert task.state == "Success"
    assert "take note" in task.stdout()
    assert results_of(task)["out.txt"] == b"Go\n"


@pytest.mark.parametrize("path", ["/tasks", "/v1/tasks", "/V1/Tasks", "//v1//tasks/"])
def test_every_way_to_write_a_path_leads_to_the_same(alice, path, orders):
    task = orders.shell("true")
    task.submit()

    answer = alice.ask("GET", f"{path.rstrip('/')}/{task.uuid}")

    assert (answer.status_code, answer.json()["uuid"]) == (200, task.uuid)


def test_output_is_json_for_those_who_expect_it_and_plain_text_for_python(orders, alice, order):
    task = ended_as_told(orders, alice.ask("POST", "/tasks", pascal_case(order), **CSHARP))
    path = f"/tasks/{task.uuid}/stdout"

    for_python = alice.ask("GET", path, Accept="*/*")
    for_csharp = alice.ask("GET", path, **CSHARP)
    for_go = alice.ask("GET", f"/v1{path}", **GO)

    assert for_python.text == " 0> take note\n"
    assert json.loads(for_csharp.text) == json.loads(for_go.text) == for_python.text


def test_filters_as_csharp_writes_them_find_the_task(orders, alice, order):
    task = ended_as_told(orders, alice.ask("POST", "/tasks", pascal_case(order), **CSHARP))
    search = {"Filter": {"Operator": "Equal", "Field": "Tags", "Value": "from-csharp"}, "MaximumResults": 100}

    page = alice.ask("POST", "/v1/tasks/paginate", search, **CSHARP).json()

    assert task.uuid in [found["uuid"] for found in page["data"]]


def test_charlie_gets_in_by_no_other_spelling(orders, charlie):
    task = orders.shell("true")
    task.submit()

    for path in (f"/v1/tasks/{task.uuid}", f"/V1/TASKS/{task.uuid}", f"//tasks//{task.uuid.upper()}/"):
        assert charlie.ask("GET", path).status_code == 404
        assert charlie.ask("GET", path, Authorization="").status_code == 401
