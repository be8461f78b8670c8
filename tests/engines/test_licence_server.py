"""A host program's own software asks its licence server."""

import socket
import threading

import pytest

import sandbox
from farm.engines import joining
from farm.engines.events import LogLine
from farm.engines.host_program import HOSTS, HostProgram
from farm.engines.process import EngineProcess
from farm.engines.profile import EnginePlace, InstanceOrder

ASKS = """
import os, socket
import host_serving

class Host:
    def __init__(self, speaker, greeting):
        self.speaker = speaker

    def carry_out(self, order):
        told = order["environment"]
        with socket.create_connection((told["LICENSE_SERVER_HOST"], int(told["LICENSE_SERVER_PORT"])), 5) as server:
            self.speaker.say(server.recv(100).decode())

host_serving.serve(Host, "The renderer")
"""


def answer_once(server):
    with server.accept()[0] as client:
        client.sendall(b"seat granted")


def test_it_is_reached_through_the_relay(tmp_path):
    if sandbox.self_test().tier != sandbox.Tier.A:
        pytest.skip("no tier A here")
    for name in ("job", "program"):
        (tmp_path / name).mkdir()
    program = tmp_path / "program" / "host_asking.py"
    program.write_text(f"import sys; sys.path.insert(0, {str(HOSTS)!r})\n{ASKS}")
    said = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        relay = sandbox.Relay(27000, socket.AF_INET, server.getsockname())
        place = EnginePlace(tmp_path / "job", tmp_path / "scratch", 1, sandbox.Tier.A, sandbox.Limits(), relay)
        told = {"LICENSE_SERVER_HOST": "127.0.0.1", "LICENSE_SERVER_PORT": "27000"}
        with EngineProcess(joining._JOINING, place, HostProgram(program)) as engine:
            threading.Thread(target=answer_once, args=(server,), daemon=True).start()
            engine.run(InstanceOrder(1, 1, environment=told), said.append, lambda: False)

    assert "seat granted" in [event.text for event in said if isinstance(event, LogLine)]
