"""Many orders in one request."""

import pytest
from qarnot.exceptions import QarnotGenericException

from tests.contract.orders import ended


def test_tasks_submitted_together_all_run(orders):
    tasks = [orders.shell(f"echo number {number}", 1) for number in range(3)]

    orders.connection.submit_tasks(tasks)

    assert len({task.uuid for task in tasks}) == 3
    for number, task in enumerate(tasks):
        assert ended(task).stdout(0) == f"number {number}\n"


def test_a_bad_one_is_told_and_the_good_ones_go_on(orders):
    good, bad, other = orders.shell("echo good"), orders.shell("echo bad"), orders.shell("echo good")
    bad.profile = "no-such-profile"

    with pytest.raises(QarnotGenericException, match="no-such-profile"):
        orders.connection.submit_tasks([good, bad, other])

    assert [ended(task).state for task in (good, other)] == ["Success", "Success"]
    assert bad.uuid is None


def test_the_answers_stand_in_the_order_of_the_orders(orders):
    order = orders.shell("true")._to_json()

    answer = orders.person.ask(
        "POST", "/tasks", [{**order, "name": ""}, order, {**order, "profile": "no-such-profile"}]
    )

    assert answer.status_code == 207
    assert [entry["statusCode"] for entry in answer.json()] == [400, 200, 400]
    assert [bool(entry["uuid"]) for entry in answer.json()] == [False, True, False]


def test_charlie_cannot_take_a_bucket_of_alices_with_a_list_either(orders, charlie):
    order = orders.shell("ls", resources=[orders.bucket("mine")])._to_json()

    answer = charlie.ask("POST", "/tasks", [{**order, "resultBucket": None}])

    assert {entry["statusCode"] for entry in answer.json()} == {404}
