"""Lists of tasks: page by page, filtered, sorted, searched."""

import pytest


@pytest.fixture(scope="module")
def listed(orders):
    """Three tasks that wait for a fourth, so that nothing of them runs."""
    first = orders.shell("sleep 600")
    first.submit()
    made = []
    for tag in ("red", "green", "blue"):
        task = orders.shell("true", tags=["lists", tag])
        task.set_task_dependencies_from_tasks([first])
        task.submit()
        made.append(task)
    yield made
    for task in made:
        task.delete()


def uuids(tasks):
    return [task.uuid for task in tasks]


@pytest.mark.parametrize("summary", [True, False])
def test_pages_follow_each_other(orders, listed, summary):
    seen, token = [], None
    while not seen or token:
        page = orders.connection.tasks_page(token=token, maximum=1, tags=["lists"], summary=summary)
        seen += page.page_data
        token = page.next_token if page.is_truncated else None

    assert uuids(seen) == uuids(listed[::-1])


def test_all_tasks_are_walked_through_by_the_sdk(orders, listed):
    assert set(uuids(listed)) <= set(uuids(orders.connection.all_tasks()))
    assert uuids(orders.connection.all_tasks(tags_intersect=["lists", "green"])) == [listed[1].uuid]
    assert set(uuids(orders.connection.all_tasks(tags=["red", "blue"]))) == {listed[0].uuid, listed[2].uuid}


def test_a_tree_of_conditions_filters_with_keys_of_any_case(orders, listed):
    tree = {
        "Operator": "And",
        "Filters": [
            {"Operator": "Equal", "Field": "Tags", "Value": "lists"},
            {"Operator": "In", "Field": "Uuid", "Values": uuids(listed[:2])},
            {"Operator": "NotEqual", "Field": "Tags", "Value": "red"},
        ],
    }

    page = orders.person.ask("POST", "/v1/tasks/paginate", {"Filter": tree, "MaximumResults": 10}).json()

    assert [task["uuid"] for task in page["data"]] == [listed[1].uuid]
    assert (page["total"], page["isTruncated"], page["nextToken"]) == (1, False, None)


def test_a_search_answers_the_fields_it_is_asked_for(orders, listed):
    tree = {"operator": "Equal", "field": "Tags", "value": "blue"}

    found = orders.person.ask("POST", "/tasks/search", {"filter": tree, "select": ["Uuid", "State"]}).json()

    assert found == [{"uuid": listed[2].uuid, "state": "Submitted"}]


def test_pages_can_be_sorted(orders, listed):
    asked = {"filter": {"operator": "Equal", "field": "Tags", "value": "lists"}, "orderType": "Ascending"}

    for by in ("creationDate", "name", "state", "executionTime"):
        page = orders.person.ask("POST", "/tasks/summaries/paginate", {**asked, "orderBy": by}).json()
        assert {task["uuid"] for task in page["data"]} == set(uuids(listed))
    by_date = orders.person.ask("POST", "/tasks/paginate", asked).json()
    assert [task["uuid"] for task in by_date["data"]] == uuids(listed)


def test_plain_lists_are_for_other_sdks(orders, listed):
    for path in ("/tasks?tag=green", "/v1/tasks/summaries?tag=green"):
        assert [task["uuid"] for task in orders.person.ask("GET", path).json()] == [listed[1].uuid]


def test_charlie_sees_none_of_them(charlie, listed):
    tree = {"operator": "In", "field": "Uuid", "values": uuids(listed)}

    assert list(charlie.connection.all_tasks(tags=["lists"])) == []
    assert charlie.ask("POST", "/tasks/paginate", {"filter": tree}).json()["data"] == []
