"""The only network that a caged program has: a proxy of ours behind a socket file, which looks where it is led.

A registry's answers name further addresses (who gives out tokens, where layers lie), and a name may
resolve to anything. So every connection is made here, once resolved, to the very address that was looked at.
"""

import contextlib
import os
import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from farm.addresses import is_public

SOCKET = "way-out"
_CONNECT_SECONDS = 15.0
_SILENT_SECONDS = 120.0
_LONGEST_HEAD = 65536
_PIECE = 65536


class _Refused(Exception):
    pass


class WayOut(socketserver.ThreadingUnixStreamServer):
    """`refused` and `unreachable`: the hosts that were asked for in vain."""

    daemon_threads = True

    def __init__(self, folder: Path, inside: frozenset[str]) -> None:
        self.inside = inside
        self.refused: list[str] = []
        self.unreachable: list[str] = []
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        try:  # the folder's own path may be longer than a socket's can be
            super().__init__(f"/proc/self/fd/{descriptor}/{SOCKET}", _Handler)
        finally:
            os.close(descriptor)

    def connected(self, host: str, port: int) -> socket.socket:
        """Raises _Refused, OSError."""
        name = f"{host}:{port}"
        try:
            for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                if name not in self.inside and not is_public(str(address[0])):
                    self.refused.append(name)
                    raise _Refused(name)
                with contextlib.suppress(OSError):
                    connection = socket.socket(family, kind, protocol)
                    connection.settimeout(_CONNECT_SECONDS)
                    connection.connect(address)
                    return connection
        except (OSError, UnicodeError):
            pass
        self.unreachable.append(name)
        raise OSError(f"{name} does not answer")


@contextlib.contextmanager
def way_out(folder: Path, inside: frozenset[str]) -> Iterator[WayOut]:
    """While it lasts, a program that is caged in `folder` has a way out there. `inside`: host:port of the
    farm's own network that may be reached, also without encryption."""
    with WayOut(folder, inside) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="way out", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            (folder / SOCKET).unlink(missing_ok=True)


class _Handler(socketserver.BaseRequestHandler):
    server: WayOut

    def handle(self) -> None:
        client: socket.socket = self.request
        client.settimeout(_SILENT_SECONDS)
        with contextlib.suppress(OSError, ValueError):
            head, rest = _head(client)
            try:
                self._serve(client, head, rest)
            except _Refused:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    def _serve(self, client: socket.socket, head: str, rest: bytes) -> None:
        request, *headers = head.split("\r\n")
        method, target, _ = request.split(" ", 2)
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            with self.server.connected(host.strip("[]"), int(port)) as there:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                there.sendall(rest)
                _carry(client, there)
            return
        url = urlsplit(target)
        name = f"{url.hostname}:{url.port or 80}"
        if name not in self.server.inside:  # nothing unencrypted leaves the farm
            self.server.refused.append(name)
            raise _Refused(name)
        kept = [line for line in headers if not line.lower().startswith(("connection:", "proxy-"))]
        path = url._replace(scheme="", netloc="").geturl() or "/"
        with self.server.connected(url.hostname or "", url.port or 80) as there:
            lines = [f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
            there.sendall("\r\n".join(lines).encode("latin-1") + rest)
            _carry(client, there)


def _head(client: socket.socket) -> tuple[str, bytes]:
    """A request's first lines, and what came with them."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = client.recv(_PIECE)
        if not piece or len(read) > _LONGEST_HEAD:
            raise ValueError("no request")
        read += piece
    head, _, rest = read.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until one of them ends or both are silent for long."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while ready := selector.select(_SILENT_SECONDS):
            for key, _ in ready:
                source = key.fileobj
                assert isinstance(source, socket.socket)
                piece = source.recv(_PIECE)
                if not piece:
                    return
                key.data.sendall(piece)
