"""A command in an image that asks its licence server, and can ask nobody else."""

import socket
import threading

import pytest

import sandbox
from farm.engines import profiles
from farm.engines.events import LogLine
from farm.engines.profile import EnginePlace, InstanceOrder
from tests import registry as images


@pytest.fixture
def licence_server():
    """Answers every connection with a line; its address, and how many came."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        came = []

        def serve():
            while True:
                try:
                    client, address = listening.accept()
                except OSError:
                    return
                came.append(address)
                with client:
                    client.sendall(b"seat granted\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname(), came
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def run(open_registry, tmp_path, settings):
    """Runs a shell's words in busybox; the lines it printed."""
    profile = profiles.find("docker-batch")
    if reason := profile.installation.why_missing(profile):
        pytest.skip(reason)
    settings.IMAGES_FOLDER, settings.REGISTRIES_INSIDE = tmp_path / "images", [open_registry.address]
    open_registry.push(images.busybox(), "asks")
    (tmp_path / "job").mkdir()

    def run(words, relay):
        place = EnginePlace(tmp_path / "job", tmp_path / "scratch", 1, sandbox.Tier.A, sandbox.Limits(), relay)
        engine = profile.open_engine(profile, place)
        environment = {"DOCKER_SRV": open_registry.address, "DOCKER_REPO": "asks", "DOCKER_CMD": f"sh -c '{words}'"}
        events = []
        engine.start()
        try:
            engine.run(InstanceOrder(0, 0, environment=environment), events.append, lambda: False)
        finally:
            engine.close()
        return [event.text for event in events if isinstance(event, LogLine) and event.stream == "stdout"]

    return run


def test_the_image_reaches_the_server_through_the_relay_and_nothing_by_its_real_address(run, licence_server):
    address, came = licence_server
    relay = sandbox.Relay(27000, socket.AF_INET, address)

    lines = run(f"nc 127.0.0.1 27000 </dev/null; nc -w 2 {address[0]} {address[1]} </dev/null || echo no", relay)

    assert lines == ["seat granted", "no"]
    assert len(came) == 1


def test_without_a_licence_an_image_has_no_sockets(run):
    assert run("nc -w 2 127.0.0.1 27000 </dev/null || echo no", None) == ["no"]
