"""What of an instance's files goes home: lists, prefix, count."""

import pytest

from tests.contract.orders import ended, finished, results_of

MAKE = "mkdir -p logs; for n in a.png b.exr logs/c.log; do echo $n of $INSTANCE_ID > $n; done"


def test_all_that_is_new_goes_home_and_is_counted(orders, tmp_path):
    task = finished(orders.shell(MAKE))

    assert results_of(task) == {"a.png": b"a.png of 0\n", "b.exr": b"b.exr of 0\n", "logs/c.log": b"logs/c.log of 0\n"}
    assert orders.person.ask("GET", f"/tasks/{task.uuid}").json()["resultsCount"] > 0
    task.download_results(str(tmp_path))
    assert (tmp_path / "logs" / "c.log").read_text() == "logs/c.log of 0\n"


@pytest.mark.parametrize(
    ("lists", "kept"),
    [
        ({"results_whitelist": r".*\.(png|exr)"}, {"a.png", "b.exr"}),
        ({"results_blacklist": r"logs/.*"}, {"a.png", "b.exr"}),
        ({"results_whitelist": r".*\.(png|exr)", "results_blacklist": r"^b"}, {"a.png"}),
        ({"results_whitelist": r"${WANTED}\.png", "constants": {"WANTED": "a"}}, {"a.png"}),
    ],
)
def test_the_white_list_lets_in_and_then_the_black_list_keeps_out(orders, lists, kept):
    task = finished(orders.shell(MAKE, **lists))

    assert task.state == "Success"
    assert set(results_of(task)) == kept


def test_a_list_that_is_no_pattern_is_refused(orders):
    answer = orders.person.ask(
        "POST",
        "/tasks",
        {"name": "bad list", "profile": "docker-batch", "instanceCount": 1, "resultsWhitelist": "*.png"},
    )

    assert answer.status_code == 400
    assert "resultsWhitelist" in answer.json()["message"]


def test_a_completed_instance_names_its_results(orders):
    task = finished(orders.shell(MAKE, 2))

    for done in task.completed_instances:
        names = {address.rpartition(f"/{task.results.uuid}/")[2] for address in done.results}
        assert names == {"a.png", "b.exr", "logs/c.log"}


def test_a_prefix_of_the_order_goes_before_every_result(orders):
    out = orders.bucket("prefixed")
    order = orders.shell(MAKE, results=out)._to_json()
    uuid = orders.person.ask("POST", "/tasks", {**order, "resultsBucketPrefix": "night/"}).json()["uuid"]

    task = ended(orders.connection.retrieve_task(uuid))

    assert set(results_of(task)) == {"night/a.png", "night/b.exr", "night/logs/c.log"}


def test_charlie_finds_alices_results_nowhere(orders, charlie):
    task = finished(orders.shell(MAKE))

    assert task.results.uuid not in [bucket.uuid for bucket in charlie.connection.buckets()]
    with pytest.raises(Exception, match="404"):
        charlie.connection.retrieve_bucket(task.results.uuid)
