"""Licensed software on a farm of two slots: the farm's one seat, and alice's own licence server, both real sockets."""

import contextlib
import socket
import threading
import time
from types import SimpleNamespace

import pytest
from qarnot.exceptions import QarnotGenericException
from qarnot.secrets import Secrets

from tests import registry as images
from tests import stack as real_stack
from tests.contract.orders import Orders, ended, finished, told, until
from tests.contract.people import Person, open_accounts

pytestmark = pytest.mark.stack

HOLDS_SECONDS = 0.7
ASKS = "echo check out | nc $LICENSE_SERVER_HOST $LICENSE_SERVER_PORT"
LICENCE = """
from farm.models import Licence
Licence.objects.create(
    name="sim", title="Sim", profiles=["docker-batch"], seats=1, extra_rate=0.5,
    host_constant="LICENSE_SERVER_HOST", port_constant="LICENSE_SERVER_PORT", server="{}",
)
"""


class LicenceServer:
    """Grants something for a while to whoever asks in a line; how many had it at once."""

    def __init__(self, words):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.listener.getsockname())
        self.now = self.most = 0
        self._words, self._lock = words, threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._grant, args=(client,), daemon=True).start()

    def _grant(self, client):
        with client:
            if not client.recv(100):
                return  # somebody who looked whether it answers
            self._count(1)
            with contextlib.suppress(OSError):
                client.sendall(self._words)
            time.sleep(HOLDS_SECONDS)
            self._count(-1)

    def _count(self, change):
        with self._lock:
            self.now += change
            self.most = max(self.most, self.now)


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    """A stack of this module's own: every order of an image there needs the licence."""
    home = tmp_path_factory.mktemp("licences")
    farms, alices = LicenceServer(b"a seat of the farm\n"), LicenceServer(b"alice's own licence\n")
    with images.registry(home / "registry") as registry:
        registry.push(images.busybox(), "busybox")
        inside = {"REGISTRIES_INSIDE": registry.address, "LICENCE_SERVERS_INSIDE": alices.address}
        stack = real_stack.start(home, NODE_SLOTS="2", **inside)
        try:
            stack.manage("shell", "-c", LICENCE.format(farms.address))
            people = {name: Person(stack, **told) for name, told in open_accounts(stack).items()}
            yield SimpleNamespace(stack=stack, farms=farms, alices=alices, registry=registry.address, **people)
        finally:
            stack.stop()


@pytest.fixture
def orders(farm):
    made = Orders(farm.alice, "licences", farm.registry)
    yield made
    made.abort_all()


def test_the_farms_one_seat_is_never_used_twice_at_once_and_who_waits_is_told(farm, orders):
    task = orders.shell(ASKS, 5)
    task.submit()
    until(task, lambda now: now.state == "PartiallyExecuting")
    other = orders.shell(ASKS)
    other.submit()
    until(other, lambda now: "Sim licence" in reason(farm, now))
    waits = reason(farm, other)
    ended(task), ended(other)

    assert waits == "It waits for a Sim licence: the only seat is in use."
    assert (task.state, other.state) == ("Success", "Success"), told(task)
    assert task.stdout().count("a seat of the farm") == 5
    assert farm.farms.most == 1


def test_alices_own_takes_no_seat_and_is_all_that_can_be_reached(farm, orders):
    Secrets(farm.alice.connection).create_secret("licences/sim/server", farm.alices.address)
    host, port = farm.farms.address.split(":")
    task = orders.shell(f"{ASKS}; nc -w 1 {host} {port} </dev/null || echo nothing else", 4, labels={"licence": "own"})
    seats_used = farm.farms.most

    finished(task)

    assert task.state == "Success", told(task)
    assert task.stdout().count("alice's own licence") == task.stdout().count("nothing else") == 4
    assert (farm.alices.most, farm.farms.most) == (2, seats_used)


def test_charlie_has_none_of_his_own(farm):
    charlies = Orders(farm.charlie, "licences", farm.registry)

    with pytest.raises(QarnotGenericException, match="You have brought no Sim licence"):
        charlies.shell(ASKS, labels={"licence": "own"}).submit()


def reason(farm, task):
    return farm.alice.ask("GET", f"/tasks/{task.uuid}").json().get("waitingReason", "")
