"""Addresses of licence servers: how they are written, and where a relay to one may lead."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

import sandbox
from farm import addresses

CONNECT_SECONDS = 10.0

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")
_LARGEST_PORT = 65_535


class Malformed(ValueError):
    """The text is no address of a server; it says how one is written."""


class NotAllowed(Exception):
    """This farm doesn't connect to that address."""


class Silent(Exception):
    """Nobody is found or answers there."""


@dataclass(frozen=True)
class Server:
    """`is_farms`: the operator named it, so it may lie anywhere."""

    host: str
    port: int
    is_farms: bool = False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str, *, is_farms: bool = False) -> Server:
    """Of `host:port`. Raises Malformed."""
    host, _, port = text.strip().rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else ""
    if not _is_port(port) or not (_is_ipv6(bare) if bare else _NAME.fullmatch(host)):
        raise Malformed("A licence server is written as host:port, for example licences.studio.example:27000.")
    return Server(bare or host, int(port), is_farms)


def check(text: str) -> None:
    """What can be said before anybody connects. Raises Malformed, NotAllowed."""
    server = parse(text)
    if _is_numeric(server.host):
        _check_address(server, server.host, settings.LICENCE_SERVERS_INSIDE)


def reached(server: Server) -> sandbox.Relay:
    """A relay to the address at which the server answers now. Raises NotAllowed, Silent."""
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise Silent from fault
    for family, kind, protocol, _, address in found:
        _check_address(server, str(address[0]), settings.LICENCE_SERVERS_INSIDE)
        with socket.socket(family, kind, protocol) as trial:
            trial.settimeout(CONNECT_SECONDS)
            try:
                trial.connect(address)
            except OSError:
                continue
            return sandbox.Relay(server.port, family, address)
    raise Silent


def _check_address(server: Server, address: str, inside: Iterable[str]) -> None:
    """Raises NotAllowed."""
    if server.is_farms or addresses.is_public(address):
        return
    if not addresses.is_named(server.host, address, server.port, inside):
        raise NotAllowed("This farm does not connect to that address. Ask its operator to allow your licence server.")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) <= _LARGEST_PORT


def _is_ipv6(text: str) -> bool:
    return ":" in text and _is_numeric(text)


def _is_numeric(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
