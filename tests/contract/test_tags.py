"""Tags: told, changed, and what tasks are found by."""

import pytest

from tests.contract.orders import finished, seen


@pytest.fixture(scope="module")
def tagged(orders):
    """Three tasks by their tags."""
    return {
        tags: finished(orders.shell("true", tags=[f"tags-{tag}" for tag in tags])).uuid
        for tags in (("film", "night"), ("film",), ("day",))
    }


def uuids(tasks):
    return {task.uuid for task in tasks}


def test_tasks_are_found_by_one_tag_by_any_of_some_and_by_all_of_some(orders, tagged):
    film_night, film, day = tagged.values()
    find = orders.connection.all_tasks

    assert uuids(find(tags=["tags-film"])) == {film_night, film}
    assert uuids(find(tags=["tags-night", "tags-day"])) == {film_night, day}
    assert uuids(find(tags_intersect=["tags-film", "tags-night"])) == {film_night}
    assert uuids(find(tags=["tags-nothing"])) == set()


def test_tags_are_told_and_changed(orders, tagged):
    task = orders.connection.retrieve_task(tagged["day",])
    assert task.tags == ["tags-day"]

    task.tags = ["tags-evening"]
    task.commit()

    assert seen(task).tags == ["tags-evening"]
    assert uuids(orders.connection.all_tasks(tags=["tags-evening"])) == {task.uuid}
    assert uuids(orders.connection.all_tasks(tags=["tags-day"])) == set()


def test_charlie_finds_nothing_by_alices_tags(tagged, charlie):
    assert uuids(charlie.connection.all_tasks(tags=["tags-film"])) == set()
    assert uuids(charlie.connection.all_tasks(tags_intersect=["tags-film", "tags-night"])) == set()
