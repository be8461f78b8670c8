"""Output during the task: instant and periodic snapshots, as the SDK asks for them."""

import contextlib

import pytest
from qarnot.exceptions import MissingTaskException, UnauthorizedException

from tests.contract.orders import finished, results_of, until
from tests.stack import wait_until

RENDER = "echo half > a.png; echo notes > b.txt; echo began; until [ -e go ]; do sleep 0.1; done; echo whole > a.png"


@pytest.fixture
def begun(orders):
    """A task that has written half of its picture, and goes on when `let_go` is called; if never, it is aborted."""
    stop = orders.bucket("stop")
    task = orders.shell(RENDER, resources=[stop])
    task.submit()
    until(task, lambda seen: "began" in seen.stdout())
    yield task
    with contextlib.suppress(UnauthorizedException):  # it has ended
        task.abort()
    stop.delete_file("go")


def let_go(orders, task):
    orders.put(orders.bucket("stop"), "go", "go")
    task.update_resources()


def told(task, snapshot):
    return wait_until(lambda: _ended(task.snapshot_status(snapshot)), 30, lambda: task.stderr())


def _ended(snapshot):
    return snapshot if snapshot._status.is_completed else None


def results_count(orders, task):
    return orders.person.ask("GET", f"/tasks/{task.uuid}").json()["resultsCount"]


def content(orders, bucket):
    return {
        file.key: orders.connection.s3resource.Object(bucket, file.key).get()["Body"].read()
        for file in orders.connection.retrieve_bucket(bucket).list_files()
    }


def test_an_instant_snapshot_brings_what_is_there_and_the_task_goes_on(orders, begun):
    before = results_count(orders, begun)

    snapshot = told(begun, begun.instant())

    assert (snapshot._status.status, snapshot._task_uuid) == ("Success", begun.uuid)
    assert results_of(begun) == {"a.png": b"half\n", "b.txt": b"notes\n"}
    assert snapshot._size_to_upload == snapshot._transferred_size == len("half\nnotes\n")
    assert results_count(orders, begun) == before + 1
    let_go(orders, begun)
    until(begun, lambda seen: seen.state == "Success")
    assert results_of(begun)["a.png"] == b"whole\n"


def test_it_has_lists_and_a_place_of_its_own(orders, begun):
    early = orders.bucket("early")

    snapshot = told(begun, begun.instant(r"\.png$", None, early, "first/"))

    assert snapshot._snapshot_config._bucket_name == early.uuid
    assert content(orders, early.uuid) == {"first/a.png": b"half\n"}
    assert results_of(begun) == {}


def test_the_lists_of_the_order_are_its_own_where_it_names_none(orders):
    stop = orders.bucket("stop")
    task = orders.shell(RENDER, resources=[stop], snapshot_blacklist=r"\.txt$")
    task.submit()
    until(task, lambda seen: "began" in seen.stdout())

    told(task, task.instant())

    assert set(results_of(task)) == {"a.png"}
    task.abort()


def test_periodic_snapshots_come_by_themselves_until_they_are_stopped(orders, begun):
    begun.snapshot(1)

    wait_until(lambda: results_of(begun), 30)
    assert orders.person.ask("GET", f"/tasks/{begun.uuid}").json()["snapshotInterval"] == 1
    begun.snapshot(0)
    assert orders.person.ask("GET", f"/tasks/{begun.uuid}").json()["snapshotInterval"] == 0


def test_an_interval_that_is_none_is_refused(begun):
    with pytest.raises(ValueError, match="-1"):
        begun.snapshot(-1)


def test_what_has_ended_has_no_snapshot(orders):
    task = finished(orders.shell("true"))

    with pytest.raises(UnauthorizedException, match="it is Success"):
        task.instant()


def test_charlie_takes_and_sees_none(begun, charlie):
    made = begun.instant()

    assert charlie.ask("POST", f"/tasks/{begun.uuid}/snapshot", {}).status_code == 404
    assert charlie.ask("GET", f"/tasks/{begun.uuid}/snapshot/{made}").status_code == 404
    with pytest.raises(MissingTaskException):
        charlie.connection.retrieve_task(begun.uuid)
