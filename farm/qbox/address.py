"""By which address the other machines of a site reach this one."""

import socket
from urllib.parse import urlsplit

from django.conf import settings

_LOOPBACK = "127.0.0.1"
OUT_OF_REACH = ("127.", "[::1]:", "localhost:")
"""How a host:port begins that means something on one machine only."""
ADVICE = (
    "Set NODE_ADDRESS on a machine of the site to the address at which the others reach it, and start its node again."
)


def own_address() -> str:
    """NODE_ADDRESS, or the address from which this machine reaches Redis: loopback where that is on this machine, or
    at the end of a forwarded port. No other is guessed then: the Q.Box listens there, and a server that was to be
    seen by its own machine alone does not open itself to a network. It gives way instead (lease.take)."""
    if settings.NODE_ADDRESS:
        return str(settings.NODE_ADDRESS)
    redis = urlsplit(settings.REDIS_URL)
    try:
        found = socket.getaddrinfo(redis.hostname, redis.port or 6379, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, peer = found[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.connect(peer)  # sends nothing: it only chooses the way
            return str(asking.getsockname()[0])
    except OSError:
        return _LOOPBACK


def is_out_of_reach(address: str) -> bool:
    """Whether other machines than its own find nobody, or somebody else, at this host:port."""
    return address.startswith(OUT_OF_REACH)
