"""Snapshots as the farm keeps them: who may have one, what they are told, and that each has an end."""

from datetime import timedelta

import pytest
import qarnot
from django.utils import timezone

from farm import lifecycle, snapshots
from farm.models import Attempt, Bucket, Phase, Snapshot, Task, TaskState
from farm.node import reports
from farm.submission import Refused, create_task


def make_task(account, **fields):
    order = {"name": "film", "profile": "blender-4.5", "advancedRanges": "1-3", "resultBucket": "out"}
    return create_task(account, {**order, **fields})


@pytest.fixture
def task(alice):
    return make_task(alice)


def parts(snapshot):
    rows = snapshot.parts.order_by("instance__instance_id")
    return [(part.instance.instance_id, part.status) for part in rows]


def test_each_running_instance_has_a_part(task, machine):
    machine.begin(task.pk, 1)
    machine.begin(task.pk, 3)

    snapshot = snapshots.take_now(task, None)

    assert parts(snapshot) == [(1, "triggered"), (3, "triggered")]
    assert snapshot.status == "triggered"


def test_where_nothing_runs_there_is_nothing_and_that_is_a_success(task):
    assert snapshots.take_now(task, None).status == "success"


def test_a_task_that_has_ended_is_refused_with_its_state(task, machine):
    machine.renders_all(task.pk)
    task.refresh_from_db()

    for order in (snapshots.take_now, snapshots.take_every):
        with pytest.raises(Refused, match="Can't take a snapshot of the task: it is Success") as refused:
            order(task, {"interval": 5})
        assert refused.value.status == 403


def test_nulls_are_the_tasks_own(alice):
    task = make_task(alice)
    own = {"snapshot_whitelist": "png$", "snapshot_blacklist": "^tmp", "results_prefix": "run-1/"}
    Task.objects.filter(pk=task.pk).update(**own)
    task.refresh_from_db()

    nulls = dict.fromkeys(["whitelist", "blacklist", "bucket", "bucketPrefix"])
    of_task, named = snapshots.take_now(task, nulls), snapshots.take_now(task, {"whitelist": "", "bucket": "Early"})

    assert (of_task.whitelist, of_task.blacklist, of_task.bucket, of_task.bucket_prefix) == (
        "png$", "^tmp", "out", "run-1/",
    )  # fmt: skip
    assert (named.whitelist, named.bucket) == ("", "Early")
    assert Bucket.objects.filter(account=alice, name="Early").exists()


def test_the_order_may_name_the_place_of_its_snapshots(alice):
    task = make_task(alice, snapshotBucket="early", snapshotBucketPrefix="first/", resultsBucketPrefix="run-1/")

    snapshot = snapshots.take_now(task, None)

    assert (snapshot.bucket, snapshot.bucket_prefix) == ("early", "first/")


def test_a_place_that_is_no_text_is_told_when_a_snapshot_is_asked_for(alice):
    with pytest.raises(Refused, match="The snapshotBucket is a text"):
        snapshots.take_now(make_task(alice, snapshotBucket=["early"]), None)


@pytest.mark.parametrize("prefix", ["../out/", "/abs", "a//b", "p" * 513])
def test_a_prefix_of_results_that_is_none_is_refused_with_its_field(alice, prefix):
    with pytest.raises(Refused, match="resultsBucketPrefix"):
        make_task(alice, resultsBucketPrefix=prefix)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"whitelist": "("}, "no regular expression"),
        ({"whitelist": 5}, "The whitelist is a text"),
        ({"bucket": "a/b"}, "A bucket's name"),
        ({"bucketPrefix": "../x"}, "can't hold"),
    ],
)
def test_a_wish_that_can_not_be_fulfilled_is_told_so(task, body, words):
    with pytest.raises(Refused, match=words) as refused:
        snapshots.take_now(task, body)

    assert refused.value.status == 400
    assert Snapshot.objects.count() == 0


def test_a_task_without_a_result_bucket_needs_one_for_its_snapshot(alice):
    with pytest.raises(Refused, match="Name a bucket"):
        snapshots.take_now(make_task(alice, resultBucket=None), None)


@pytest.mark.parametrize("interval", [-1, 1.5, "often", None, True, 10**9])
def test_an_interval_that_is_no_number_of_seconds_is_refused(task, interval):
    with pytest.raises(Refused, match="whole number of seconds") as refused:
        snapshots.take_every(task, {"interval": interval})

    assert refused.value.status == 400


def let_time_pass(task, seconds):
    Task.objects.filter(pk=task.pk).update(next_snapshot_at=timezone.now() - timedelta(seconds=seconds))


def test_a_periodic_snapshot_is_taken_when_its_time_has_come_and_once(task, machine):
    machine.begin(task.pk, 1)
    snapshots.take_every(task, {"interval": 60, "whitelist": "png$"})

    assert snapshots.take_due() == 0
    let_time_pass(task, 1)
    assert snapshots.take_due() == 1
    assert snapshots.take_due() == 0

    assert [(each.whitelist, each.bucket) for each in task.snapshots.all()] == [("png$", "out")]
    task.refresh_from_db()
    assert task.next_snapshot_at > timezone.now() + timedelta(seconds=50)


def test_the_next_one_waits_until_the_last_has_ended(task, machine):
    attempt = machine.begin(task.pk, 1)
    snapshots.take_every(task, {"interval": 1})
    let_time_pass(task, 1)
    snapshots.take_due()

    let_time_pass(task, 1)
    assert snapshots.take_due() == 0
    snapshots.end(snapshots.take_up(attempt)[0], Snapshot.Status.SUCCESS)
    let_time_pass(task, 1)
    assert snapshots.take_due() == 1


def test_an_interval_of_zero_stops_them(task, machine):
    machine.begin(task.pk, 1)
    snapshots.take_every(task, {"interval": 1})
    snapshots.take_every(task, {"interval": 0})

    task.refresh_from_db()
    assert (task.next_snapshot_at, task.snapshot_interval_seconds) == (None, 0)


def test_they_stop_when_the_task_ends(task, machine):
    snapshots.take_every(task, {"interval": 1})
    machine.renders_all(task.pk)
    let_time_pass(task, 1)

    assert snapshots.take_due() == 0
    task.refresh_from_db()
    assert task.next_snapshot_at is None


def test_a_part_is_taken_up_once_and_ends_the_snapshot(task, machine):
    attempts = [machine.begin(task.pk, number) for number in (1, 2)]
    snapshot = snapshots.take_now(task, None)

    (first,), (second,) = snapshots.take_up(attempts[0]), snapshots.take_up(attempts[1])
    assert snapshots.take_up(attempts[0]) == []
    snapshots.announce(first, 100)
    snapshots.transferred(first, 60)
    snapshots.end(first, Snapshot.Status.SUCCESS, has_results=True)
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.size_to_upload, snapshot.transferred_size) == ("inProgress", 100, 60)
    snapshots.end(second, Snapshot.Status.SUCCESS)

    snapshot.refresh_from_db()
    task.refresh_from_db()
    assert (snapshot.status, task.results_count) == ("success", 1)


def test_the_part_of_a_lost_machine_is_a_failure(task, machine):
    attempt = machine.begin(task.pk, 1)
    snapshot = snapshots.take_now(task, None)
    snapshots.take_up(attempt)

    reports.lost(attempt)

    snapshot.refresh_from_db()
    assert (snapshot.status, parts(snapshot)) == ("failure", [(1, "failure")])


def test_a_part_that_comes_too_late_is_in_the_results(task, machine):
    attempt = machine.begin(task.pk, 1)
    snapshot = snapshots.take_now(task, None)

    reports.succeeded(attempt, results=["0001.png"], spent=reports.Spent())

    snapshot.refresh_from_db()
    assert snapshot.status == "success"


def test_a_part_nobody_will_end_any_more_is_ended_by_the_sweep(task, machine):
    attempt = machine.begin(task.pk, 1)
    snapshot = snapshots.take_now(task, None)
    snapshots.take_up(attempt)
    machine.ends(attempt)  # as if the node died between its last report and the part's end

    assert snapshots.end_left() == 0
    Snapshot.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
    assert snapshots.end_left() == 1

    snapshot.refresh_from_db()
    assert snapshot.status == "failure"


def test_a_snapshot_that_was_not_told_of_its_last_part_is_ended_by_the_sweep(task, machine):
    machine.begin(task.pk, 1)
    snapshot = snapshots.take_now(task, None)
    snapshot.parts.update(status="success")  # as if the node died right after
    Snapshot.objects.update(updated_at=timezone.now() - timedelta(minutes=3))

    assert snapshots.end_left() == 0

    snapshot.refresh_from_db()
    assert snapshot.status == "success"


def test_only_the_newest_are_remembered(task, monkeypatch):
    monkeypatch.setattr(snapshots, "KEPT", 2)
    made = [snapshots.take_now(task, None).pk for _ in range(4)]

    assert set(task.snapshots.values_list("pk", flat=True)) == set(made[-2:])


def test_no_more_are_under_way_at_once_than_are_remembered(task, machine, monkeypatch):
    monkeypatch.setattr(snapshots, "KEPT", 2)
    machine.begin(task.pk, 1)
    for _ in range(2):
        snapshots.take_now(task, None)

    with pytest.raises(Refused, match="2 snapshots of the task are still under way"):
        snapshots.take_now(task, None)


def test_the_sdk_reads_how_far_a_snapshot_is(as_alice, task, machine):
    machine.begin(task.pk, 1)
    ordered = as_alice.retrieve_task(str(task.pk))

    made = ordered.instant(whitelist="png$", bucket_prefix="early/")
    status = ordered.snapshot_status(made)

    assert status._status.status == "Triggered"
    assert (status._task_uuid, status._snapshot_config._whitelist) == (str(task.pk), "png$")
    assert (status._snapshot_config._bucket_name, status._snapshot_config._bucket_prefix) == ("out", "early/")


def test_the_sdk_raises_what_it_promises(as_alice, task, machine):
    ordered = as_alice.retrieve_task(str(task.pk))
    with pytest.raises(ValueError, match="-5"):
        ordered.snapshot(-5)
    with pytest.raises(qarnot.exceptions.MissingTaskException):
        ordered.snapshot_status("00000000-0000-0000-0000-000000000000")

    machine.renders_all(task.pk)
    with pytest.raises(qarnot.exceptions.UnauthorizedException, match="it is Success"):
        ordered.instant()


def test_charlie_finds_no_snapshot_of_alices_task(charlie, task, machine, ask):
    machine.begin(task.pk, 1)
    made = snapshots.take_now(task, None)

    assert ask(charlie, "GET", f"tasks/{task.pk}/snapshot/{made.pk}").status_code == 404
    assert ask(charlie, "POST", f"tasks/{task.pk}/snapshot", {}).status_code == 404
    assert ask(charlie, "POST", f"tasks/{task.pk}/snapshot/periodic", {"interval": 1}).status_code == 404
    assert ask(charlie, "PATCH", f"tasks/{task.pk}").status_code == 404
    assert Snapshot.objects.count() == 1


def test_resources_are_asked_for_again_only_while_the_task_runs(as_alice, task, machine):
    ordered = as_alice.retrieve_task(str(task.pk))
    with pytest.raises(qarnot.exceptions.QarnotGenericException, match="Task is not running"):
        ordered.update_resources()

    attempt = machine.begin(task.pk, 1, Phase.EXECUTION)
    ordered.update_resources()

    task.refresh_from_db()
    assert task.resources_version == 1
    assert Attempt.objects.get(pk=attempt.pk).outcome == Attempt.Outcome.RUNNING
    lifecycle.cancel(task)
    with pytest.raises(qarnot.exceptions.QarnotGenericException, match=f"it is {TaskState.PENDING_CANCEL}"):
        ordered.update_resources()
