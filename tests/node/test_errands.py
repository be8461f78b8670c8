"""What is done beside a render: snapshots of what it has so far, and resources that changed."""

import os
import threading

import pytest

from farm import lifecycle, output, resources, snapshots
from farm.models import Snapshot, Task
from farm.storage import backing
from tests.stack import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def until(condition):
    """In the scripted engine's thread: the slot's pulse does the rest meanwhile."""
    return wait_until(condition, 20, every_seconds=0.02)


def ended(snapshot):
    snapshot.refresh_from_db()
    return snapshot.status in ("success", "failure")


def snapshot_now(task, **wish):
    task.refresh_from_db()
    return snapshots.take_now(task, wish)


def take(task, **wish):
    """A snapshot, when it has ended."""
    made = snapshot_now(task, **wish)
    until(lambda: ended(made))
    return made


def test_a_snapshot_brings_what_is_there_while_the_instance_goes_on(alice, order, bucket_content, shift):
    task = order(alice, [1])
    seen = []

    def render(job, frame, say, should_stop):
        (job / "half.png").write_bytes(b"half")
        made = take(task)
        seen.append((bucket_content(alice, "out"), made.status, made.size_to_upload, made.transferred_size))
        task.refresh_from_db()
        seen.append(task.results_count)
        (job / "half.png").write_bytes(b"whole picture")

    shift(render).work()

    assert seen == [({"half.png": b"half"}, "success", 4, 4), 1]
    assert bucket_content(alice, "out") == {"half.png": b"whole picture"}
    task.refresh_from_db()
    assert (task.state, task.results_count) == ("Success", 2)


def test_its_lists_bucket_and_prefix_are_its_own(alice, order, put_object, bucket_content, shift):
    task = order(alice, [1], constants={"KIND": "png"}, resource_buckets=[put_object(alice, "in", "wood.png", b"wood")])

    def render(job, frame, say, should_stop):
        for name in ("a.png", "b.png", "notes.txt"):
            (job / name).write_bytes(b"x")
        take(task, whitelist="${KIND}$", blacklist="^b", bucket="early", bucketPrefix="one/")

    shift(render).work()

    assert bucket_content(alice, "early") == {"one/a.png": b"x"}


def test_the_second_brings_only_what_changed_since(alice, order, bucket_content, shift):
    task = order(alice, [1])
    sizes = []

    def render(job, frame, say, should_stop):
        (job / "first.png").write_bytes(b"12345")
        for name in ("second.png", "third.png"):
            sizes.append(take(task).transferred_size)
            (job / name).write_bytes(b"123")

    shift(render).work()

    assert sizes == [5, 3]


def test_links_to_the_machines_files_are_not_copied(alice, order, bucket_content, shift, tmp_path):
    task = order(alice, [1])
    secret = tmp_path / "secret"
    secret.write_bytes(b"the machine's own")

    def render(job, frame, say, should_stop):
        (job / "link.png").symlink_to(secret)
        (job / "folder").symlink_to(tmp_path)
        os.link(secret, job / "second-name.png")
        os.mkfifo(job / "pipe.png")
        (job / "good.png").write_bytes(b"x")
        take(task, bucket="early")

    shift(render).work()

    assert bucket_content(alice, "early") == {"good.png": b"x"}


def test_a_snapshot_of_too_much_fails_with_a_line_and_the_render_goes_on(
    alice, order, bucket_content, shift, monkeypatch
):
    task = order(alice, [1])
    monkeypatch.setattr("farm.node.collector.MAX_FILES", 1)

    def render(job, frame, say, should_stop):
        for name in ("a", "b"):
            (job / name).write_bytes(b"x")
        take(task, bucket="early")
        (job / "b").unlink()

    shift(render).work()

    task.refresh_from_db()
    assert (task.state, task.snapshots.get().status) == ("Success", "failure")
    assert "The snapshot failed: A snapshot holds at most 1 files" in output.task_text(task, "stderr")[1]


def test_the_results_are_never_overwritten_by_an_older_state(alice, order, bucket_content, shift, monkeypatch):
    task = order(alice, [1])
    upload, is_on_its_way, may_go_on = backing.upload, threading.Event(), threading.Event()

    def upload_the_snapshot_late(account, bucket, key, path, **told):
        if path.parent.parent.name == "snapshots":
            is_on_its_way.set()
            may_go_on.wait(20)
        upload(account, bucket, key, path, **told)

    monkeypatch.setattr(backing, "upload", upload_the_snapshot_late)

    def render(job, frame, say, should_stop):
        (job / "0001.png").write_bytes(b"half")
        (job / "0002.png").write_bytes(b"half")
        snapshot_now(task)
        until(is_on_its_way.is_set)
        (job / "0001.png").write_bytes(b"whole")
        (job / "0002.png").write_bytes(b"whole")
        threading.Timer(1.0, may_go_on.set).start()

    shift(render).work()

    assert bucket_content(alice, "out") == {"0001.png": b"whole", "0002.png": b"whole"}
    assert task.snapshots.get().status == "success"


def test_a_snapshot_asked_for_between_frames_is_no_ones_elses_files(alice, charlie, order, bucket_content, shift):
    task, others = order(alice, [1]), order(charlie, [1])
    made = []

    def render(job, frame, say, should_stop):
        name = "alices.png" if not made else "charlies.png"
        (job / name).write_bytes(b"x")
        if not made:
            made.append(snapshot_now(task, bucket="early"))

    shift(render).work()

    others.refresh_from_db()
    assert (others.state, ended(made[0])) == ("Success", True)
    assert set(bucket_content(alice, "early")) <= {"alices.png"}


def test_the_snapshot_of_a_cancelled_task_ends(alice, order, s3_store, shift, monkeypatch):
    task = order(alice, [1])

    def render(job, frame, say, should_stop):
        (job / "0001.png").write_bytes(b"half")
        snapshot_now(task)
        lifecycle.cancel(task)
        until(should_stop)

    shift(render).work()

    assert Snapshot.objects.get().status in ("success", "failure")


def resync(task):
    lifecycle.refresh_state(task.pk)
    resources.bring_again(Task.objects.get(pk=task.pk))


def test_new_and_changed_resources_come_while_it_runs_and_are_no_results(
    alice, order, put_object, bucket_content, shift
):
    put_object(alice, "in", "textures/wood.png", b"old")
    put_object(alice, "in", "gone.png", b"gone")
    task = order(alice, [1], resource_buckets=[{"bucketName": "in"}])
    seen = {}

    def render(job, frame, say, should_stop):
        put_object(alice, "in", "textures/wood.png", b"newer")
        put_object(alice, "in", "new/folder/stone.png", b"stone")
        location = backing.direct_location(alice, "in")
        location.client.delete_object(Bucket=location.bucket, Key=location.prefix + "gone.png")
        resync(task)
        until((job / "new/folder/stone.png").exists)
        until(lambda: (job / "textures/wood.png").read_bytes() == b"newer")
        seen.update({str(p.relative_to(job)): p.read_bytes() for p in job.rglob("*") if p.is_file()})
        (job / "0001.png").write_bytes(b"picture")

    shift(render).work()

    assert seen == {"textures/wood.png": b"newer", "new/folder/stone.png": b"stone", "gone.png": b"gone"}
    assert bucket_content(alice, "out") == {"0001.png": b"picture"}


def test_resources_do_not_follow_a_link_the_scene_laid(alice, order, put_object, bucket_content, shift, tmp_path):
    put_object(alice, "in", "textures/wood.png", b"wood")
    task = order(alice, [1], resource_buckets=[{"bucketName": "in"}])
    outside = tmp_path / "outside"
    outside.mkdir()

    def render(job, frame, say, should_stop):
        (job / "textures" / "wood.png").unlink()
        (job / "textures").rmdir()
        (job / "textures").symlink_to(outside)
        put_object(alice, "in", "textures/stone.png", b"stone")
        resync(task)
        until(lambda: "was not brought" in output.task_text(task, "stderr")[1])

    shift(render).work()

    assert list(outside.iterdir()) == []


def test_the_next_instance_begins_with_a_fresh_engine_after_resources_changed(
    alice, order, put_object, shift, monkeypatch
):
    put_object(alice, "in", "scene.blend", b"old")
    task = order(alice, [1, 2], resource_buckets=[{"bucketName": "in"}])
    opened, scenes = [], []

    def render(job, frame, say, should_stop):
        if frame == 1:
            put_object(alice, "in", "scene.blend", b"newer")
            resync(task)
            until(lambda: (job / "scene.blend").read_bytes() == b"newer")
        scenes.append((job / "scene.blend").read_bytes())

    shift(render, opened=opened).work()

    assert scenes == [b"newer", b"newer"]
    assert len(opened) == 2


def test_a_shift_leaves_no_thread_behind(alice, order, s3_store, shift):
    order(alice, [1])

    shift().work()

    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("errands")]
