"""A way out of a cage to one address, and to no other: a relay for a licence server.

The cage's network stays empty but for its own loopback. There, before the command starts, a port listens whose
socket is made in the cage's network by a program of ours (sandbox.listening) and is held by this process: nothing of
ours runs in the cage, and its network leads nowhere. Each connection is carried to the one address that the caller
has resolved and looked at; no name is asked again.
"""

import contextlib
import io
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
"""Where the command finds it."""
MOST_CONNECTIONS = 64
"""Of one command at once."""

_CONNECT_SECONDS = 15.0
_SEND_SECONDS = 60.0
"""How long one side may refuse to take what the other one sent. Silence has no limit: licences are held for hours."""
_START_SECONDS = 20.0
_PIECE = 65536
_PROJECT = Path(__file__).resolve().parent.parent


class NoRelay(OSError):
    """The relay could not be made: the command was not run."""


@dataclass(frozen=True)
class Relay:
    """`port`: where the command connects to, on HOST. `family` and `address`: where that leads, as `connect` has it."""

    port: int
    family: socket.AddressFamily
    address: tuple[Any, ...]


class Gate:
    """Holds a command of bubblewrap back until its network has the listener."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._told, self._telling = os.pipe()
        self._waiting, self._opening = os.pipe()
        self.descriptors = (self._telling, self._waiting)
        """What bubblewrap inherits."""
        self.options = ["--info-fd", str(self._telling), "--block-fd", str(self._waiting)]

    def open(self, process: "subprocess.Popen[bytes]") -> None:
        """Lets the command start, with its relay. Raises NoRelay. One that bubblewrap could not start has ended."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        with os.fdopen(self._told, "rb") as told, os.fdopen(self._opening, "wb", buffering=0) as opening:
            said = told.read()
            if not said:
                return
            listener = _listener_in(int(json.loads(said)["child-pid"]), self._relay.port)
            ended = io.FileIO(os.pidfd_open(process.pid))
            serve = _Serving(self._relay, listener, ended).serve
            threading.Thread(target=serve, name="relay", daemon=True).start()
            with contextlib.suppress(BrokenPipeError):
                opening.write(b"1")

    def abandon(self) -> None:
        """Where bubblewrap could not even be called."""
        for descriptor in (*self.descriptors, self._told, self._opening):
            os.close(descriptor)


def _listener_in(process: int, port: int) -> socket.socket:
    """A socket that listens on HOST in the network of that process. Raises NoRelay."""
    ours, theirs = socket.socketpair()
    program = f"import sys; sys.path.insert(0, {str(_PROJECT)!r}); from sandbox.listening import main; main()"
    command = [sys.executable, "-I", "-S", "-c", program, str(process), str(port), str(theirs.fileno())]
    with ours, theirs:
        try:
            ended = subprocess.run(
                command, pass_fds=(theirs.fileno(),), env={}, capture_output=True, timeout=_START_SECONDS
            )
            theirs.close()
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise NoRelay(f"the licence relay could not be made: {failure}") from failure
    if not descriptors:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise NoRelay(f"the licence relay could not be made: {said[-1] if said else 'no answer'}")
    return socket.socket(fileno=descriptors[0])


class _Serving:
    """Accepts until the command has ended. `ended` can be read from then on (a pidfd)."""

    def __init__(self, relay: Relay, listener: socket.socket, ended: io.FileIO) -> None:
        self._relay = relay
        self._listener = listener
        self._ended = ended
        self._free = threading.Semaphore(MOST_CONNECTIONS)

    def serve(self) -> None:
        with self._listener, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            while not self._is_over(selector.select()):
                with contextlib.suppress(OSError):
                    client, _ = self._listener.accept()
                    self._begin(client)

    def _is_over(self, ready: list[tuple[selectors.SelectorKey, int]]) -> bool:
        return any(key.fileobj is self._ended for key, _ in ready)

    def _begin(self, client: socket.socket) -> None:
        if not self._free.acquire(blocking=False):
            client.close()
            return
        threading.Thread(target=self._connect, args=(client,), name="relay connection", daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            with client, socket.socket(self._relay.family, socket.SOCK_STREAM) as server, contextlib.suppress(OSError):
                server.settimeout(_CONNECT_SECONDS)
                server.connect(self._relay.address)
                server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                self._carry(client, server)
        finally:
            self._free.release()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Both ways, until both are at their end or the command is."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._ended, selectors.EVENT_READ)
            for source, target in ((client, server), (server, client)):
                source.settimeout(_SEND_SECONDS)
                selector.register(source, selectors.EVENT_READ, target)
            while len(selector.get_map()) > 1:
                ready = selector.select()
                if self._is_over(ready):
                    return
                for key, _ in ready:
                    _pass_on(key, selector.unregister)


def _pass_on(key: selectors.SelectorKey, forget: Callable[[Any], object]) -> None:
    """One piece. Where there is no more, the other side is told so."""
    source, target = key.fileobj, key.data
    assert isinstance(source, socket.socket)
    piece = source.recv(_PIECE)
    if piece:
        target.sendall(piece)
        return
    forget(source)
    target.shutdown(socket.SHUT_WR)
