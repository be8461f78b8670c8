"""A slot and the licences of what it renders: seats, relays, keys."""

import socket
import threading

import pytest
from django.db import connection

from farm import output, scheduler, seats, secrets
from farm.engines.events import Outcome
from farm.models import InstanceState, Licence
from farm.node import reports, workspace
from farm.node.reports import Spent
from tests.node.conftest import ScriptedEngine, make_node, write_picture
from tests.stack import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vray(db):
    return Licence.objects.create(
        name="vray", title="V-Ray", profiles=["blender"], seats=1,
        host_constant="LICENSE_SERVER_HOST", port_constant="LICENSE_SERVER_PORT", key_constant="LICENSE_KEY",
    )  # fmt: skip


@pytest.fixture
def server(settings):
    """Something that answers on this machine, as the operator allows it; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = "{}:{}".format(*listening.getsockname())
        settings.LICENCE_SERVERS_INSIDE = [address]
        yield address


@pytest.fixture
def bring(alice):
    return lambda kind, value: secrets.create(alice, f"licences/vray/{kind}", value)


class RememberingEngine(ScriptedEngine):
    """Also knows where it was opened, and what the farm's rows said when it was ended."""

    def __init__(self, task, render=write_picture):
        super().__init__(render, [])
        self.task = task
        self.relays, self.ended_while = [], []

    def __call__(self, task, place):
        self.relays.append(place.relay)
        return super().__call__(task, place)

    def close(self):
        self.ended_while.append(set(self.task.instances.values_list("state", flat=True)))


def error_of(task):
    return task.instances.get().error


def test_a_warm_engine_keeps_its_seat_for_the_whole_task(alice, order, s3_store, shift, vray):
    task = order(alice, [1, 2, 3], licence=vray)
    opened = []

    shift(opened=opened).work()

    task.refresh_from_db()
    assert (task.state, len(opened)) == ("Success", 1)


def test_the_software_is_ended_before_its_seat_is_given_back(alice, order, s3_store, shift, vray):
    task = order(alice, [1], licence=vray)
    engine = RememberingEngine(task)

    shift(render=None, open_engine=engine).work()

    assert engine.ended_while[0] == {InstanceState.RUNNING}
    assert seats.free(vray) == 1


def test_a_seat_that_comes_free_wakes_who_waits_for_it(
    alice, order, node, vray, messages, django_capture_on_commit_callbacks
):
    order(alice, [1, 2], licence=vray)
    idle = make_node("idle")
    attempt = scheduler.claim(node, "0")
    assert scheduler.claim(idle, "0") is None
    before = messages(idle)

    with django_capture_on_commit_callbacks(execute=True):
        reports.succeeded(attempt, results=[], spent=Spent())

    assert messages(idle) > before


def test_a_seat_that_its_slot_goes_on_with_wakes_nobody(
    alice, order, node, vray, messages, django_capture_on_commit_callbacks
):
    order(alice, [1, 2, 3], licence=vray)
    idle = make_node("idle")
    attempt = scheduler.claim(node, "0")
    scheduler.claim(node, "0")
    before = messages(idle)

    with django_capture_on_commit_callbacks(execute=True):
        reports.succeeded(attempt, results=[], spent=Spent())

    assert messages(idle) == before


def test_a_brought_server_reaches_the_software_as_the_relays_end(alice, order, s3_store, shift, vray, server, bring):
    bring("server", server)
    task = order(alice, [1], licence=vray, brings_licence=True, needs_relay=True)
    engine = RememberingEngine(task)

    shift(render=None, open_engine=engine).work()

    port = int(server.rpartition(":")[2])
    (relay,) = engine.relays
    assert (relay.port, relay.address) == (port, ("127.0.0.1", port))
    told = engine.environment
    assert (told["LICENSE_SERVER_HOST"], told["LICENSE_SERVER_PORT"]) == ("127.0.0.1", str(port))
    assert "LICENSE_KEY" not in told


def test_another_server_is_another_start_of_the_engine(alice, order, s3_store, shift, vray, server, bring, settings):
    bring("server", server)
    task = order(alice, [1, 2, 3], licence=vray, brings_licence=True, needs_relay=True)
    with socket.create_server(("127.0.0.1", 0)) as other:
        moved = "{}:{}".format(*other.getsockname())
        settings.LICENCE_SERVERS_INSIDE.append(moved)

        def move_on_first(job, frame, say, should_stop):
            write_picture(job, frame, say, should_stop)
            if frame == 1:
                secrets.change(alice, "licences/vray/server", moved)

        engine = RememberingEngine(task, move_on_first)
        shift(render=None, open_engine=engine).work()

    assert [f"127.0.0.1:{relay.port}" for relay in engine.relays] == [server, moved]


def test_a_brought_key_is_a_constant_that_no_line_shows(alice, order, s3_store, shift, vray, bring):
    bring("key", "AAAA-BBBB-CCCC")
    task = order(alice, [1], licence=vray, brings_licence=True)
    engine = RememberingEngine(task)
    engine.render = lambda job, frame, say, should_stop: say(f"key {engine.environment['LICENSE_KEY']}")

    shift(render=None, open_engine=engine).work()

    assert engine.environment["LICENSE_KEY"] == "AAAA-BBBB-CCCC"
    assert output.task_text(task, "stdout")[1] == " 1> key [SECRET]\n"
    assert engine.relays == [None]


@pytest.fixture
def silent(settings, bring):
    """Alice's server, which is down; its address."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        host, port = closed.getsockname()
    settings.LICENCE_SERVERS_INSIDE = [f"{host}:{port}"]
    bring("server", f"{host}:{port}")
    return host, port


def test_a_server_that_is_started_again_costs_no_attempt(alice, order, s3_store, shift, vray, silent):
    task = order(alice, [1], licence=vray, brings_licence=True, needs_relay=True)
    begun = []

    def start_when_it_is_told():
        wait_until(lambda: "tried again for 2 minutes" in output.task_text(task, "stderr")[1], 20)
        begun.append(socket.create_server(silent))
        connection.close()

    starting = threading.Thread(target=start_when_it_is_told)
    starting.start()
    shift().work()
    starting.join()
    begun[0].close()

    instance = task.instances.get()
    assert (instance.state, instance.attempt_count) == (InstanceState.SUCCESS, 1)


def test_a_server_that_does_not_answer_is_told(alice, order, s3_store, shift, vray, silent, monkeypatch):
    monkeypatch.setattr(workspace, "LICENCE_PATIENCE_SECONDS", 0.0)
    task = order(alice, [1], licence=vray, brings_licence=True, needs_relay=True)

    shift().work()

    assert error_of(task)["code"] == "LICENCE_SERVER_SILENT"
    assert error_of(task)["message"].startswith("Your V-Ray licence server does not answer. Check that it runs")
    assert task.instances.get().attempt_count == 3


def test_a_name_that_leads_inside_is_refused_once_it_is_resolved(alice, order, s3_store, shift, vray, bring):
    bring("server", "localhost:6379")
    task = order(alice, [1], licence=vray, brings_licence=True, needs_relay=True)

    shift().work()

    assert error_of(task)["code"] == "LICENCE_SERVER_REFUSED"
    assert "does not connect to that address" in error_of(task)["message"]
    assert task.instances.get().attempt_count == 1


def test_a_licence_that_was_taken_back_is_told(alice, order, s3_store, shift, vray):
    task = order(alice, [1], licence=vray, brings_licence=True)

    shift().work()

    assert error_of(task)["code"] == "LICENCE_MISSING"


def test_the_farms_own_server_may_lie_anywhere(alice, order, s3_store, shift, vray, server, settings):
    settings.LICENCE_SERVERS_INSIDE = []
    Licence.objects.update(server=server)
    task = order(alice, [1], licence=vray, needs_relay=True)
    engine = RememberingEngine(task)

    shift(render=None, open_engine=engine).work()

    assert f"127.0.0.1:{engine.relays[0].port}" == server


def test_a_failed_frame_gives_its_seat_back(alice, order, s3_store, shift, vray):
    task = order(alice, [1], licence=vray)

    shift(lambda *_: Outcome(1, "NO_CAMERA", "The scene has no camera.", 0.0, 0.0)).work()

    task.refresh_from_db()
    assert (task.state, seats.free(vray)) == ("Failure", 1)
