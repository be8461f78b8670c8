"""A real S3 store for tests: `weed mini` on free ports in a folder of its own, and the settings that point to it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from django.test import override_settings

from farm.storage import backing

ACCESS_KEY, SECRET_KEY, BUCKET = "test-store", "test-store-secret", "render-web-test"
PORTS = ["master", "volume", "filer", "s3", "admin"]


def free_ports(count):
    """Ports no one listens on now; all are held until the last is found, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until_answers(url, process, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return requests.get(url, timeout=2)
        except requests.RequestException:
            assert process.poll() is None, f"{process.args[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.05)


@contextmanager
def running(command, url, environment, log=None, ends_within=15):
    """A process that answers at `url`; ended, not abandoned. What it says goes into `log`."""
    with ExitStack() as opened:
        out = opened.enter_context(log.open("ab")) if log else None
        process = subprocess.Popen(
            command,
            env=os.environ | environment,
            start_new_session=True,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_the_tests,
        )
    try:
        wait_until_answers(url, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ends_within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_the_tests():
    """SIGTERM when the process that started it dies (PR_SET_PDEATHSIG): a killed run leaves none behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextmanager
def seaweed(folder):
    """The endpoint of a store that keeps its bytes in `folder`."""
    http, grpc = (dict(zip(PORTS, free_ports(len(PORTS)), strict=True)) for _ in range(2))
    options = [f"-{name}.port={port}" for name, port in http.items()]
    options += [f"-{name}.port.grpc={port}" for name, port in grpc.items()]
    command = [
        str(Path(sys.executable).with_name("weed")), "-logtostderr", "mini", f"-dir={folder}",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-disableHttp", "-admin.ui=false", "-webdav=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-volume.preStopSeconds=0", "-master.telemetry=false", f"-s3.localSocket={folder}/s3.sock", *options,
    ]  # fmt: skip
    environment = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "GOMEMLIMIT": "400MiB"}
    url = f"http://127.0.0.1:{http['s3']}"
    # It takes its time to end well; nobody wants its bytes any more.
    with running(command, url, environment, Path(folder) / "weed.log", ends_within=1):
        yield url


@pytest.fixture(scope="session")
def s3_store(tmp_path_factory):
    """The store's address; the settings name it for as long as the tests run."""
    with seaweed(tmp_path_factory.mktemp("store")) as url:
        given = {
            "S3_ENDPOINT_URL": url,
            "S3_PUBLIC_URL": url,
            "S3_ACCESS_KEY": ACCESS_KEY,
            "S3_SECRET_KEY": SECRET_KEY,
            "S3_BUCKET": BUCKET,
        }
        with override_settings(**given):
            deadline = time.monotonic() + 30
            while True:
                try:
                    backing.ensure_backing_bucket()
                    break
                except Exception:
                    if time.monotonic() > deadline:
                        raise
            yield url
