"""Machines beside the stack's own: network namespaces behind a bridge, and in each a node that one command starts.

A machine reaches the stack's Redis, S3 store and database through forwarders on the bridge's address. Where namespaces
can't be made (no root, no `ip`) they are plain processes on loopback.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.stack import PROJECT, Stack, end_with_the_tests

NETWORK = "198.18.77"
"""Of the range set aside for tests of networks (RFC 2544): nobody's addresses."""


@dataclass
class Machine:
    address: str
    runs_in: tuple[str, ...] = ()
    """What a command on this machine is begun with."""


@contextlib.contextmanager
def machines(count: int) -> Iterator[tuple[str, list[Machine]]]:
    """The address by which they all reach this one, and the machines."""
    if os.geteuid() != 0 or not shutil.which("ip") or not _is_allowed():
        yield "127.0.0.1", [Machine("127.0.0.1") for _ in range(count)]
        return
    name = f"rw{os.getpid() % 100_000}"
    with contextlib.ExitStack() as made:
        _ip("link", "add", f"{name}b", "type", "bridge")
        made.callback(_ip, "link", "del", f"{name}b")
        _ip("address", "add", f"{NETWORK}.1/24", "dev", f"{name}b")
        _ip("link", "set", f"{name}b", "up")
        yield f"{NETWORK}.1", [_namespace(name, number, made) for number in range(2, count + 2)]


def _namespace(name: str, number: int, made: contextlib.ExitStack) -> Machine:
    inside, cable, address = f"{name}n{number}", f"{name}v{number}", f"{NETWORK}.{number}"
    _ip("netns", "add", inside)
    made.callback(_ip, "netns", "del", inside)
    _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", inside)
    made.callback(_ip, "link", "del", cable)
    _ip("link", "set", cable, "master", f"{name}b", "up")
    _ip("-n", inside, "address", "add", f"{address}/24", "dev", "eth0")
    for device in ("eth0", "lo"):
        _ip("-n", inside, "link", "set", device, "up")
    return Machine(address, ("ip", "netns", "exec", inside))


def _is_allowed() -> bool:
    name = f"rw{os.getpid() % 100_000}try"
    if subprocess.run(["ip", "netns", "add", name], stderr=subprocess.DEVNULL).returncode:
        return False
    _ip("netns", "del", name)
    return True


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@contextlib.contextmanager
def forwarder(host: str, to_port: int) -> Iterator[int]:
    """A port of `host` behind which lies one of loopback."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(_pipe(reader, back), _pipe(there, writer))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(forward, host, 0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(5)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _pipe(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(1 << 18):
            to.write(piece)
            await to.drain()
    to.close()


@contextlib.contextmanager
def addresses_of(stack: Stack, host: str) -> Iterator[dict[str, str]]:
    """What an operator gives a machine that joins: where the farm's stores are from there, and the farm's key."""
    told = dict(line.split("=", 1) for line in (stack.home / "stack.env").read_text().splitlines())
    told["DATABASE_URL"] = stack.environment.get("DATABASE_URL", f"sqlite:///{stack.home}/database.sqlite3")
    with contextlib.ExitStack() as held:
        for name in ("REDIS_URL", "S3_ENDPOINT_URL", "DATABASE_URL"):
            if port := urlsplit(told[name]).port:
                forwarded = held.enter_context(forwarder(host, port))
                told[name] = told[name].replace(f"127.0.0.1:{port}", f"{host}:{forwarded}")
        yield {**told, "TOKEN_KEY": (stack.home / "keys" / "secret_key").read_text()}


class Node:
    """`manage.py node` on a machine, in a home of its own."""

    def __init__(self, machine: Machine, home: Path, environment: dict[str, str], *arguments: str) -> None:
        home.mkdir()
        self._printed = home / "printed.txt"
        own = {"RENDER_HOME": str(home), "NODE_INSTALLS": "false", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [*machine.runs_in, sys.executable, str(PROJECT / "manage.py"), "node", *arguments],
            env={**os.environ, **environment, **own},
            stdout=self._printed.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_the_tests,
        )

    def told(self) -> str:
        return self._printed.read_text()

    def cut_the_power(self) -> None:
        """Everything of it is gone at once, as when its plug is pulled."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
            time.sleep(0.1)
        self._process.wait()
