"""What comes to a site comes once, is what the bucket holds, and never depends on the Q.Box."""

import os
import socket
import threading

import pytest

from farm.node.staging import plan_of
from farm.qbox import want as wants
from farm.qbox.asking import Nearby
from farm.qbox.want import Want
from tests.stores import free_ports

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(alice, order, put_object):
    """A task of alice's whose bucket holds a scene of 3 MB and a texture."""
    resource = put_object(alice, "of-a-film", "scene.blend", os.urandom(3_000_000))
    put_object(alice, "of-a-film", "textures/wood.png", b"wood")
    return order(alice, [1], resource_buckets=[resource])


def files_in(folder):
    return sorted(path for path in folder.iterdir() if path.is_file())


def test_ten_stagings_at_once_are_one_download(film, qbox, stage):
    staged = stage(film, qbox, times=10)

    assert [sorted(files) for files in staged] == [["scene.blend", "textures/wood.png"]] * 10
    assert len({files["scene.blend"] for files in staged}) == 1
    assert qbox.counts.download_count == 2
    assert qbox.counts.downloaded_bytes == 3_000_004
    assert qbox.counts.hit_count == 18
    assert qbox.counts.served_bytes == 10 * 3_000_004


def test_what_is_staged_is_a_file_of_the_jobs_own(film, qbox, stage, tmp_path):
    first = stage(film, qbox)
    with (tmp_path / "job-0" / "scene.blend").open("r+b") as altered:
        altered.write(b"a scene writes in its job folder")

    assert stage(film, qbox) == first


def test_a_changed_object_is_seen(alice, film, qbox, stage, put_object):
    stage(film, qbox)

    put_object(alice, "of-a-film", "textures/wood.png", b"oak!")

    assert stage(film, qbox)["textures/wood.png"] == b"oak!"
    assert qbox.counts.download_count == 3


def test_an_object_that_changed_since_it_was_listed_is_not_kept_as_the_old_one(alice, film, qbox, put_object, tmp_path):
    listed = plan_of(film).objects["textures/wood.png"]
    put_object(alice, "of-a-film", "textures/wood.png", b"oak!")

    assert not ask(qbox, Want(alice.pk, *listed), tmp_path)
    assert qbox.cache.object_count == 0
    assert files_in(qbox.folder) == []


def test_an_object_that_is_gone_is_not_answered(alice, qbox, put_object, tmp_path):
    put_object(alice, "of-others", "other", b"other")

    assert not ask(qbox, Want(alice.pk, "of-others", "gone", "0" * 32, 4), tmp_path)


def test_an_empty_file_is_staged(alice, order, put_object, qbox, stage):
    empty = order(alice, [1], resource_buckets=[put_object(alice, "of-nothing", "empty", b"")])

    assert stage(empty, qbox, times=2) == [{"empty": b""}] * 2


def test_a_qbox_that_is_gone_is_not_in_the_way(film, stage):
    nobody = f"127.0.0.1:{free_ports(1)[0]}"

    assert len(stage(film, nobody)["scene.blend"]) == 3_000_000


def test_one_at_the_loopback_of_another_machine_is_told_with_what_to_do(film, stage, caplog):
    stage(film, f"127.0.0.1:{free_ports(1)[0]}")

    assert "is this another one? Set NODE_ADDRESS on a machine of the site" in caplog.text


def test_one_that_breaks_off_in_the_middle_is_not_in_the_way(film, stage):
    with answering(lambda header: proven(header, length=3_000_000) + b"only this") as address:
        assert len(stage(film, address)["scene.blend"]) == 3_000_000


def test_one_that_took_the_port_of_a_qbox_is_not_believed(film, stage):
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-QBox-Proof: made-up\r\n\r\nEVIL"

    with answering(lambda header: forged) as address:
        assert stage(film, address)["textures/wood.png"] == b"wood"


def ask(qbox, want, tmp_path):
    return Nearby(qbox.address).fetch(want, tmp_path / "asked", None)


def proven(header, length):
    proof = wants.proof_of(header)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{wants.PROOF_HEADER}: {proof}\r\n\r\n".encode()


class answering:
    """Something on a port that answers each request with `reply(the want's header)` and hangs up."""

    def __init__(self, reply):
        self._reply = reply
        self._listens = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return f"127.0.0.1:{self._listens.getsockname()[1]}"

    def __exit__(self, *_):
        self._listens.shutdown(socket.SHUT_RDWR)
        self._listens.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                peer, _ = self._listens.accept()
            except OSError:
                return
            with peer:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += peer.recv(65536)
                lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
                peer.sendall(self._reply(lines[wants.HEADER]))
