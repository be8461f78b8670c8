"""Lists of tasks: pages, filters, and as many queries for many tasks as for few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from farm.api import shelves
from farm.models import Task
from farm.submission import create_task


@pytest.fixture
def film(alice):
    """`film(3, name="x")`: so many tasks."""

    def ordered(count=1, **fields):
        body = {"name": "film", "profile": "blender-4.5", "instanceCount": 2, **fields}
        return [create_task(alice, body) for _ in range(count)]

    return ordered


def names(answer):
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return [task["name"] for task in (body if isinstance(body, list) else body["data"])]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "tasks/paginate"),
        ("POST", "tasks/summaries/paginate"),
        ("POST", "tasks/search"),
        ("GET", "tasks"),
        ("GET", "tasks/summaries"),
    ],
)
def test_a_list_of_many_costs_as_many_queries_as_one_of_few(ask, alice, film, machine, method, path):
    def queries_for_one_more():
        (task,) = film(tags=["a", "b"])
        machine.begin(task.pk, 0)
        machine.ends(machine.begin(task.pk, 1))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert ask(alice, method, path).status_code == 200
        return len(queries)

    ask(alice, "GET", "info")
    first = queries_for_one_more()
    counts = [queries_for_one_more() for _ in range(4)]

    assert counts == [first] * 4
    assert first <= 9


def test_pages_follow_each_other_without_a_gap_while_tasks_come(ask, alice, film):
    there = [str(task.pk) for task in film(7)]
    seen, token = [], None
    while True:
        page = ask(alice, "POST", "tasks/summaries/paginate", {"maximumResults": 3, "token": token}).json()
        seen += [task["uuid"] for task in page["data"]]
        film()
        if not page["isTruncated"]:
            break
        token = page["nextToken"]

    assert seen == there[::-1]
    assert page["nextToken"] is None


def test_a_page_says_how_many_there_are(ask, alice, film):
    film(3)

    page = ask(alice, "POST", "tasks/paginate", {"maximumResults": 2}).json()

    assert (page["count"], page["total"], page["isTruncated"], page["token"]) == (2, 3, True, None)


def test_pages_can_be_sorted_by_what_was_rendered(ask, alice, film):
    tasks = film(4)
    for task, seconds in zip(tasks, [0.1, 30.0, 0.2, 30.0], strict=True):
        task.instances.filter(instance_id=0).update(execution_seconds=seconds)
    seen, token = [], None
    while not seen or token:
        asked = {"orderBy": "executionTime", "orderType": "Ascending", "maximumResults": 1, "token": token}
        page = ask(alice, "POST", "tasks/summaries/paginate", asked).json()
        seen += [task["executionTime"] for task in page["data"]]
        token = page["nextToken"]

    assert seen == ["00:00:00.1000000", "00:00:00.2000000", "00:00:30", "00:00:30"]


@pytest.mark.parametrize(("by", "way"), [("name", "Ascending"), ("state", "Descending"), ("CreationDate", "asc")])
def test_pages_can_be_sorted(ask, alice, film, by, way):
    for name in ["b", "a", "c", "a"]:
        film(name=name)
    seen, token = [], None
    while not seen or token:
        asked = {"OrderBy": by, "OrderType": way, "MaximumResults": 1, "Token": token}
        page = ask(alice, "POST", "tasks/paginate", asked).json()
        seen += page["data"]
        token = page["nextToken"]

    assert len({task["uuid"] for task in seen}) == 4
    if by == "name":
        assert [task["name"] for task in seen] == ["a", "a", "b", "c"]


def test_a_page_of_huge_tasks_ends_early(ask, alice, film, monkeypatch):
    monkeypatch.setattr(shelves, "MOST_INSTANCES", 3)
    film(3)

    page = ask(alice, "POST", "tasks/paginate", {}).json()

    assert (page["count"], page["total"], page["isTruncated"]) == (1, 3, True)


LEAVES = [
    ({"operator": "Equal", "field": "Tags", "value": "night"}, ["b", "a"]),
    ({"operator": "In", "field": "Tags", "value": ["night", "day"]}, ["c", "b", "a"]),
    ({"operator": "NotEqual", "field": "Tags", "value": "night"}, ["d", "c"]),
    ({"operator": "Equal", "field": "Name", "value": "c"}, ["c"]),
    ({"operator": "NotIn", "field": "Name", "values": ["a", "b"]}, ["d", "c"]),
    ({"operator": "Like", "field": "Shortname", "value": "SHOT"}, ["d"]),
    ({"operator": "Equal", "field": "State", "value": "submitted"}, ["d", "c", "b", "a"]),
    ({"operator": "GreaterThan", "field": "InstanceCount", "value": 2}, ["c"]),
    ({"operator": "GreaterThanOrEqual", "field": "TotalInstanceCount", "value": "3"}, ["c"]),
    ({"operator": "Equal", "field": "PreviousState", "value": "Success"}, []),
    ({"operator": "LessThan", "field": "LastModified", "value": "2020-01-01T00:00:00Z"}, []),
    ({"operator": "Equal", "field": "JobUuid", "value": "5a0e4f4c-0000-4000-8000-000000000001"}, []),
    ({"operator": "LessThan", "field": "CreationDate", "value": "2020-01-01T00:00:00Z"}, []),
    ({"operator": "Equal", "field": "uuid", "value": "5a0e4f4c-0000-4000-8000-000000000001"}, []),
]


@pytest.fixture
def four_films(film):
    film(name="a", tags=["night"])
    film(name="b", tags=["night", "rain"])
    film(name="c", tags=["day"], instanceCount=5)
    film(name="d", shortname="shot-1")


@pytest.mark.parametrize(("leaf", "found"), LEAVES)
def test_a_filter_finds_what_it_says(ask, alice, four_films, leaf, found):
    assert names(ask(alice, "POST", "tasks/paginate", {"filter": leaf})) == found
    assert names(ask(alice, "POST", "tasks/search", {"Filter": leaf})) == found


def test_filters_can_be_joined(ask, alice, four_films):
    night, rain = ({"operator": "Equal", "field": "Tags", "value": tag} for tag in ("night", "rain"))
    name = {"Operator": "Equal", "Field": "Name", "Value": "c"}

    both = {"operator": "And", "filters": [night, rain]}
    either = {"operator": "Or", "filters": [both, name]}
    assert names(ask(alice, "POST", "tasks/paginate", {"filter": both})) == ["b"]
    assert names(ask(alice, "POST", "tasks/paginate", {"filter": either})) == ["c", "b"]


@pytest.mark.parametrize(
    "tree",
    [
        "text",
        {"operator": "Between", "field": "Name", "value": 1},
        {"operator": "Equal", "field": "password", "value": 1},
        {"operator": "And", "filters": []},
        {"operator": "Equal", "field": "uuid", "value": "no uuid"},
        {"operator": "LessThan", "field": "CreationDate", "value": "yesterday"},
        {"operator": "LessThan", "field": "Tags", "value": "x"},
    ],
)
def test_a_filter_that_means_nothing_is_refused_in_words(ask, alice, tree):
    answer = ask(alice, "POST", "tasks/paginate", {"filter": tree})

    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")


def test_a_filter_too_deep_is_refused(ask, alice):
    tree = {"operator": "Equal", "field": "Name", "value": "a"}
    for _ in range(100):
        tree = {"operator": "And", "filters": [tree]}

    assert ask(alice, "POST", "tasks/paginate", {"filter": tree}).status_code == 400


def test_a_search_tells_only_the_fields_asked_for(ask, alice, four_films):
    answer = ask(alice, "POST", "tasks/search", {"select": ["Name", "state"], "maximumResults": 1})

    assert answer.json() == [{"name": "d", "state": "Submitted"}]


def test_a_plain_list_is_picked_by_tag(ask, alice, four_films):
    assert names(ask(alice, "GET", "tasks?tag=night")) == ["b", "a"]
    assert names(ask(alice, "GET", "tasks/summaries?tag=day")) == ["c"]


def test_lists_hold_only_the_accounts_own(ask, four_films, charlie):
    everything = {"filter": {"operator": "Or", "filters": [LEAVES[6][0], LEAVES[0][0]]}}

    for path in ("tasks/paginate", "tasks/summaries/paginate", "tasks/search"):
        assert names(ask(charlie, "POST", path, everything)) == []
    assert names(ask(charlie, "GET", "tasks")) == []
    assert Task.objects.count() == 4
