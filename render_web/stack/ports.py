"""Ports of the stack: three a person meets, the rest picked free at every start."""

import random
import socket
from contextlib import closing


class PortTaken(Exception):
    """Another program listens there; the text is the sentence for the operator."""


def require_free(port: int, what: str, setting: str) -> None:
    """Raises PortTaken if something listens on loopback `port`."""
    if not is_free(port):
        raise PortTaken(
            f"Port {port} ({what}) is taken by another program: end that one, or choose another with {setting}=…"
        )


def free_ports(count: int, *, twin_offset: int = 0) -> list[int]:
    """`count` distinct ports nobody listens on now; with an offset, `port + twin_offset` is free too.

    Picked at random, so that two stacks starting at once seldom meet.
    """
    chosen: list[int] = []
    for port in random.sample(range(20_000, 45_000), 5_000):
        if is_free(port) and (not twin_offset or is_free(port + twin_offset)):
            chosen.append(port)
            if len(chosen) == count:
                return chosen
    raise PortTaken("No free ports are left on this machine.")


def is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
