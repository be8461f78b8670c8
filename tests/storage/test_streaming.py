"""However large a file, it passes through the door without being held there."""

import hashlib
import http.client
import threading
from urllib.parse import urlsplit

import psutil
import pytest

MIB = 1024 * 1024
PIECE = bytes(range(256)) * (MIB // 256)
GROWTH_MAX = 24 * MIB


@pytest.fixture
def memory(door, door_process):
    """The most the door's process held while a block ran, over what it held before, in bytes."""
    process = psutil.Process(door_process.pid)

    def peak_of(work):
        before = highest = process.memory_info().rss
        done = threading.Event()

        def watch():
            nonlocal highest
            while not done.wait(0.02):
                highest = max(highest, process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            work()
        finally:
            done.set()
            watcher.join()
        return highest - before

    return peak_of


def pieces(count):
    for _ in range(count):
        yield PIECE


def test_a_large_upload_and_download_pass_with_flat_memory(alice, memory):
    alice.put("IN", "warm-up", PIECE)
    alice.bytes_of("IN", "warm-up")
    size, expected = 256 * MIB, hashlib.md5()
    for piece in pieces(256):
        expected.update(piece)

    def upload():
        signed = alice.signed("PUT", "/IN/scene.blend", {}, "UNSIGNED-PAYLOAD")
        connection = http.client.HTTPConnection(urlsplit(alice.door).netloc, timeout=120)
        connection.request("PUT", "/IN/scene.blend", pieces(256), {**signed, "Content-Length": str(size)})
        assert connection.getresponse().status == 200
        connection.close()

    def download():
        body, received = alice.s3.get_object(Bucket="IN", Key="scene.blend")["Body"], hashlib.md5()
        for piece in body.iter_chunks(MIB):
            received.update(piece)
        assert received.digest() == expected.digest()

    assert memory(upload) < GROWTH_MAX
    assert memory(download) < GROWTH_MAX


def test_a_slow_reader_is_waited_for_not_stored_up_for(alice, memory):
    alice.s3.create_bucket(Bucket="IN")
    alice.s3.upload_fileobj(Pieces(64), "IN", "scene.blend")

    def begin_and_leave():
        body = alice.s3.get_object(Bucket="IN", Key="scene.blend")["Body"]
        body.read(MIB)
        alice.bytes_of("IN", "scene.blend")  # another goes on meanwhile
        body.close()

    assert memory(begin_and_leave) < GROWTH_MAX


class Pieces:
    """A file of so many MiB, made while it is read."""

    def __init__(self, count):
        self.left = count * MIB

    def read(self, size=-1):
        size = min(self.left, size) if size >= 0 else self.left
        self.left -= size
        return b"x" * size
