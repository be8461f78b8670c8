"""Several resource buckets laid together under /job, filtered, moved, and synced again while the task runs."""

import pytest
from qarnot.advanced_bucket import BucketPrefixFiltering, PrefixResourcesTransformation
from qarnot.exceptions import MissingBucketException, QarnotGenericException

from tests.contract.orders import finished, told, until

SHOW = "for f in $(ls -d * */* 2>/dev/null); do if [ -f $f ]; then echo $f $(cat $f); fi; done"


def laid_out(task):
    """What lay below /job when the instance began: path → content."""
    return dict(line.split(" ", 1) for line in task.stdout(0).splitlines())


@pytest.fixture(scope="module")
def buckets(orders):
    first, second = orders.bucket("first"), orders.bucket("second")
    for key in ("scene.txt", "textures/wood.txt", "textures/stone.txt"):
        orders.put(first, key, "first")
    for key in ("textures/wood.txt", "shots/a.txt", "shots/b.txt"):
        orders.put(second, key, "second")
    return first, second


def test_several_buckets_are_laid_together_and_the_later_wins(orders, buckets):
    first, second = buckets

    task = finished(orders.shell(SHOW, resources=[first, second]))
    turned = finished(orders.shell(SHOW, resources=[second, first]))

    union = {"scene.txt": "first", "textures/stone.txt": "first", "shots/a.txt": "second", "shots/b.txt": "second"}
    assert laid_out(task) == {**union, "textures/wood.txt": "second"}
    assert laid_out(turned) == {**union, "textures/wood.txt": "first"}


def test_a_prefix_chooses_files_and_is_stripped_from_their_paths(orders, buckets):
    _first, second = buckets
    chosen = second.with_filtering(BucketPrefixFiltering("shots/"))
    moved = chosen.with_resource_transformation(PrefixResourcesTransformation("shots/"))

    assert laid_out(finished(orders.shell(SHOW, resources=[chosen]))) == {
        "shots/a.txt": "second",
        "shots/b.txt": "second",
    }
    assert laid_out(finished(orders.shell(SHOW, resources=[moved]))) == {"a.txt": "second", "b.txt": "second"}


def test_staged_files_are_no_results_but_changed_ones_are(orders, buckets):
    first, _second = buckets

    task = finished(orders.shell("echo changed > scene.txt; echo new > new.txt", resources=[first]))

    assert sorted(file.key for file in task.results.list_files()) == ["new.txt", "scene.txt"]


def test_a_bucket_that_is_not_there_is_named(orders, alice):
    gone = orders.bucket("gone")
    gone.delete()

    with pytest.raises(MissingBucketException, match=gone.uuid):
        orders.shell(SHOW, resources=[gone]).submit()


def test_files_that_came_later_are_there_after_an_update(orders):
    later = orders.bucket("later")
    orders.put(later, "first.txt", "first")
    task = orders.shell("echo began; until [ -e go.txt ]; do sleep 0.1; done; cat go.txt", resources=[later])
    task.submit()
    until(task, lambda seen: "began" in seen.stdout())

    orders.put(later, "go.txt", "it came")
    task.update_resources()

    assert "it came" in until(task, lambda seen: seen.state == "Success" and seen.stdout(0)), told(task)


def test_what_has_ended_takes_in_nothing_more(orders):
    task = finished(orders.shell("true"))

    with pytest.raises(QarnotGenericException, match="not running"):
        task.update_resources()


def test_charlies_order_cannot_read_alices_bucket(buckets, charlie):
    first, _second = buckets
    order = {
        "name": "theft",
        "profile": "docker-batch",
        "instanceCount": 1,
        "advancedResourceBuckets": [{"bucketName": first.uuid}],
    }

    answer = charlie.ask("POST", "/tasks", order)

    assert answer.status_code == 404
    assert answer.json()["message"] == f"No such bucket: {first.uuid}"
