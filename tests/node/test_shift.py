"""A shift of a slot: what it stages, renders, uploads, reports and drops."""

import threading

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import EndpointConnectionError

from accounts import ledger
from farm import lifecycle, output, scheduler
from farm.engines.events import Outcome
from farm.models import Attempt, InstanceState, TaskState
from farm.node import reports, staging
from farm.storage import backing

pytestmark = pytest.mark.django_db(transaction=True)


def states(task):
    return dict(task.instances.order_by("instance_id").values_list("instance_id", "state"))


def test_every_frame_of_a_task_ends_in_its_bucket_with_one_start_of_the_engine(
    alice, order, put_object, bucket_content, shift
):
    resource = put_object(alice, "in", "scene.blend", b"scene")
    task = order(alice, [1, 2, 3], resource_buckets=[resource])
    opened = []

    shift(opened=opened).work()

    task.refresh_from_db()
    assert task.state == TaskState.SUCCESS
    assert bucket_content(alice, "out") == {f"{n:04}.png": b"picture %d" % n for n in (1, 2, 3)}
    assert list(task.instances.order_by("instance_id").values_list("results", flat=True)) == [
        ["0001.png"], ["0002.png"], ["0003.png"],
    ]  # fmt: skip
    assert len(opened) == 1
    assert output.task_text(task, "stdout")[1] == " 1> Fra:1\n 2> Fra:2\n 3> Fra:3\n"


def test_each_success_is_charged_in_whole_seconds_rounded_up(alice, order, s3_store, shift):
    before = ledger.balance_seconds(alice)
    task = order(alice, [1, 2])

    shift().work()

    assert before - ledger.balance_seconds(alice) == 2 * 2
    assert set(alice.ledger_entries.filter(kind="charge").values_list("reference", flat=True)) == {str(task.pk)}


def test_a_frame_that_fails_is_tried_three_times_and_costs_nothing(alice, order, s3_store, shift):
    before = ledger.balance_seconds(alice)
    task = order(alice, [1, 2])

    def crash_on_two(job, frame, say, should_stop):
        (job / f"{frame:04}.png").write_bytes(b"half")
        return Outcome(139, "CRASHED", "Blender crashed on this frame.", 0.1, 0.0) if frame == 2 else None

    shift(crash_on_two).work()

    task.refresh_from_db()
    assert states(task) == {1: InstanceState.SUCCESS, 2: InstanceState.FAILURE}
    assert Attempt.objects.filter(instance__instance_id=2, outcome=Attempt.Outcome.FAILURE).count() == 3
    assert task.state == TaskState.FAILURE
    assert task.errors[0]["code"] == "CRASHED"
    assert before - ledger.balance_seconds(alice) == 2


def test_the_scenes_own_fault_is_tried_once(alice, order, s3_store, shift):
    task = order(alice, [1])

    shift(lambda *_: Outcome(1, "NO_CAMERA", "The scene has no camera.", 0.0, 0.0)).work()

    assert task.instances.get().attempt_count == 1
    assert task.instances.get().error["message"] == "The scene has no camera."


def test_what_a_failed_frame_left_is_not_taken_for_the_next_ones(alice, order, bucket_content, shift):
    task = order(alice, [1, 2])

    def leave_and_fail(job, frame, say, should_stop):
        (job / f"{frame:04}.png").write_bytes(b"half")
        return Outcome(1, "NO_CAMERA", "no camera", 0.0, 0.0) if frame == 1 else None

    shift(leave_and_fail).work()

    assert task.instances.get(instance_id=2).results == ["0002.png"]
    assert set(bucket_content(alice, "out")) == {"0002.png"}


def test_a_frame_is_uploaded_while_the_next_one_renders(alice, order, bucket_content, shift):
    order(alice, [1, 2])
    seen = []

    def wait_for_the_frame_before(job, frame, say, should_stop):
        (job / f"{frame:04}.png").write_bytes(b"x")
        while frame == 2 and not seen:
            seen.extend(bucket_content(alice, "out"))

    shift(wait_for_the_frame_before).work()

    assert seen == ["0001.png"]


def test_a_frame_is_not_called_done_before_its_file_is_in_the_bucket(alice, order, bucket_content, shift, monkeypatch):
    task = order(alice, [1])
    upload, seen = backing.upload, []

    def upload_late(*file, **told):
        seen.append((states(task), bucket_content(alice, "out")))
        upload(*file, **told)

    monkeypatch.setattr(backing, "upload", upload_late)

    shift().work()

    assert seen == [({1: InstanceState.RUNNING}, {})]
    assert states(task) == {1: InstanceState.SUCCESS}


def test_a_store_that_is_away_for_a_while_costs_nothing(alice, order, bucket_content, shift, monkeypatch):
    task = order(alice, [1])
    upload, refusals = backing.upload, iter([EndpointConnectionError(endpoint_url="store"), S3UploadFailedError("503")])

    def upload_at_last(*file, **told):
        for refusal in refusals:
            raise refusal
        upload(*file, **told)

    monkeypatch.setattr(backing, "upload", upload_at_last)

    shift().work()

    assert set(bucket_content(alice, "out")) == {"0001.png"}
    assert task.instances.get().attempt_count == 1


def test_a_cancelled_task_ends_in_mid_render_and_uploads_nothing(alice, order, bucket_content, shift):
    task = order(alice, [1, 2])

    def render_until_stopped(job, frame, say, should_stop):
        (job / "0001.png").write_bytes(b"half")
        lifecycle.cancel(task)
        pause = threading.Event()
        while not should_stop():
            pause.wait(0.02)

    shift(render_until_stopped).work()

    task.refresh_from_db()
    assert task.state == TaskState.CANCELLED
    assert states(task) == {1: InstanceState.CANCELLED, 2: InstanceState.CANCELLED}
    assert bucket_content(alice, "out") == {}


def test_a_cancelled_task_keeps_what_is_there_where_the_order_says_so(alice, order, bucket_content, shift):
    task = order(alice, [1], upload_results_on_cancellation=True)

    def render_until_stopped(job, frame, say, should_stop):
        (job / "0001.png").write_bytes(b"half")
        lifecycle.cancel(task)
        pause = threading.Event()
        while not should_stop():
            pause.wait(0.02)

    shift(render_until_stopped).work()

    assert bucket_content(alice, "out") == {"0001.png": b"half"}
    assert task.instances.get().results == ["0001.png"]
    assert task.instances.get().state == InstanceState.CANCELLED


def test_work_whose_lease_went_to_another_is_dropped_without_a_word(alice, order, bucket_content, node, shift):
    task = order(alice, [1])

    def lose_the_lease(job, frame, say, should_stop):
        (job / "0001.png").write_bytes(b"late")
        reports.lost(Attempt.objects.get())
        scheduler.claim(node, "other")
        pause = threading.Event()
        while not should_stop():
            pause.wait(0.02)

    shift(lose_the_lease).work()

    instance = task.instances.get()
    assert (instance.state, instance.slot, instance.attempt_count) == (InstanceState.RUNNING, "other", 2)
    assert bucket_content(alice, "out") == {}


def test_a_node_that_stops_gives_its_work_back_at_once(alice, order, s3_store, shift):
    task = order(alice, [1, 2])
    stops = threading.Event()

    def stop_while_rendering(job, frame, say, should_stop):
        stops.set()
        pause = threading.Event()
        while not should_stop():
            pause.wait(0.02)

    shift(stop_while_rendering, should_stop=stops.is_set).work()

    assert states(task) == {1: InstanceState.WAITING, 2: InstanceState.WAITING}
    assert Attempt.objects.get().outcome == Attempt.Outcome.RELEASED
    assert task.instances.get(instance_id=1).failure_count == 0


def test_a_frame_that_breaks_the_shift_itself_counts_as_lost(alice, order, s3_store, shift):
    task = order(alice, [1])

    def break_the_shift(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shift(break_the_shift).work()

    assert states(task) == {1: InstanceState.WAITING}
    assert Attempt.objects.get().outcome == Attempt.Outcome.LOST


def test_a_full_disk_claims_nothing(alice, order, shift, monkeypatch):
    task = order(alice, [1])
    monkeypatch.setattr("farm.node.identity.free_bytes", lambda folder: 10**9)
    monkeypatch.setattr("farm.node.shift.free_bytes", lambda folder: 10**9)

    shift().work()

    assert states(task) == {1: InstanceState.WAITING}
    assert Attempt.objects.count() == 0


def test_a_scene_removed_from_its_bucket_while_it_waited_fails_with_a_sentence(
    alice, order, put_object, shift, monkeypatch
):
    resource = put_object(alice, "in", "scene.blend", b"scene")
    task = order(alice, [1], resource_buckets=[resource])
    plan_of = staging.plan_of

    def plan_then_remove(task):
        plan = plan_of(task)
        location = backing.direct_location(alice, "in")
        location.client.delete_object(Bucket=location.bucket, Key=location.prefix + "scene.blend")
        return plan

    monkeypatch.setattr(staging, "plan_of", plan_then_remove)

    shift().work()

    assert task.instances.get().state == InstanceState.FAILURE
    assert "was removed from the bucket" in task.instances.get().error["message"]


def test_a_name_too_long_behind_its_prefix_is_left_out_and_named(alice, order, bucket_content, shift):
    task = order(alice, [1], results_prefix="p" * 500 + "/")

    def leave_two(job, frame, say, should_stop):
        (job / "a.png").write_bytes(b"x")
        (job / ("folder" * 30)).mkdir()
        (job / ("folder" * 30) / ("b" * 240)).write_bytes(b"x")

    shift(leave_two).work()

    assert set(bucket_content(alice, "out")) == {"p" * 500 + "/a.png"}
    assert task.instances.get().state == InstanceState.SUCCESS
    assert "was not taken: A key has 1 to" in output.task_text(task, "stderr")[1]


def test_no_secret_leaves_the_node_in_a_line_or_a_fault(alice, order, s3_store, shift):
    secret = "hunter22 of alice"
    task = order(alice, [1], constants={"QARNOT_SECRET__KEY": secret})

    def print_it(job, frame, say, should_stop):
        say(f"connecting with {secret}…")
        return Outcome(1, "NO_LICENCE", f"The server refused “{secret}”.", 0.1, 0.0)

    shift(print_it).work()

    assert output.task_text(task, "stdout")[1].splitlines()[0] == " 1> connecting with [SECRET]…"
    assert task.instances.get().error["message"] == "The server refused “[SECRET]”."
