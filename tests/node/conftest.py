"""A node of the tests, orders put straight into the rows, and an engine that does as it is told."""

import os
from pathlib import Path

import pytest
from celery import current_app

import sandbox
from accounts import ledger
from farm.engines.events import STOPPED, LogLine, Outcome
from farm.models import Instance, Node, Site, Task
from farm.node.shift import Shift, Slot
from farm.node.workspace import Machine
from farm.storage import backing


@pytest.fixture
def node(db):
    return make_node("node-1")


@pytest.fixture
def other(node):
    return make_node("node-2")


def make_node(name, **facts):
    site, _ = Site.objects.get_or_create(name="home")
    known = {"profiles": ["blender-4.5"], "sandbox_tier": "A", "slot_count": 1, "has_opengl": True, **facts}
    return Node.objects.create(name=name, site=site, **known)


@pytest.fixture
def order(db):
    """`order(alice, [1, 2, 3])`: a task with those frames, waiting; its buckets are there."""

    def put(account, frames, **fields):
        known = {"name": "film", "profile": "blender-4.5", "result_bucket": "out", **fields}
        number = Task.objects.count() + 1
        task = Task.objects.create(
            account=account, shortname=f"film-{number}", total_instance_count=len(frames), **known
        )
        Instance.objects.bulk_create(Instance(task=task, instance_id=frame, frame=frame) for frame in frames)
        return task

    return put


@pytest.fixture
def put_object(s3_store):
    """`put_object(alice, "in", "scene.blend", b"…")` into the real store; answers with the resource of an order."""

    def put(account, bucket, key, content):
        location = backing.direct_location(account, bucket)
        location.client.put_object(Bucket=location.bucket, Key=location.prefix + key, Body=content)
        return {"bucketName": bucket}

    return put


@pytest.fixture
def bucket_content(s3_store):
    """`bucket_content(alice, "out")` → {key: bytes}."""

    def read(account, bucket):
        location = backing.direct_location(account, bucket)
        return {
            found.key: location.client.get_object(Bucket=location.bucket, Key=location.prefix + found.key)[
                "Body"
            ].read()
            for found in backing.list_objects(account.pk, bucket)
        }

    return read


class ScriptedEngine:
    """Plays an engine: `render(job, frame, say)` is what it does for a frame; the rest is the farm's own code."""

    def __init__(self, render, opened):
        self.render = render
        self.opened = opened
        self.pid = os.getpid()

    def __call__(self, task, place):
        self.job = place.job
        return self

    def start(self):
        self.opened.append(self.job)

    def run(self, instance, on_event, should_stop):
        self.environment = instance.environment
        ended = self.render(self.job, instance.frame, lambda text: on_event(LogLine("stdout", text)), should_stop)
        if isinstance(ended, Outcome):
            return ended
        if should_stop():
            return Outcome(143, STOPPED, "The render was stopped.", 0.0, 0.0)
        return Outcome(0, "", "", 1.5, 0.0)

    def close(self):
        pass


def write_picture(job, frame, say, should_stop):
    say(f"Fra:{frame}")
    (job / f"{frame:04}.png").write_bytes(b"picture %d" % frame)


@pytest.fixture
def shift(node, tmp_path):
    """`shift(render)`: a shift of the node's slot with a scripted engine; `None` for the real one."""

    def begin(render=write_picture, should_stop=lambda: False, opened=None, tier=sandbox.Tier.A, **fields):
        folder = Path(tmp_path) / "slot"
        folder.mkdir(exist_ok=True)
        if render is not None:
            fields["open_engine"] = ScriptedEngine(render, [] if opened is None else opened)
        slot = Slot(node, "0", folder, Machine(threads=1, tier=tier), should_stop, **fields)
        return Shift(slot)

    return begin


@pytest.fixture
def messages():
    """The wake-ups that lie in a node's queue; those of other tests are taken away first."""
    with current_app.connection_for_write() as broker:
        channel = broker.default_channel
        for name in ("node-1", "idle", "silent"):
            channel.queue_purge(f"node.{name}")

        def count(node):
            return channel._size(f"node.{node.name}")

        yield count


def hours(account):
    return ledger.balance_seconds(account) / 3600
