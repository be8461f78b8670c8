"""By which address the other machines of a site reach this one."""

import socket
from urllib.parse import urlsplit

from django.conf import settings

_LOOPBACK = "127.0.0.1"


def own_address() -> str:
    """NODE_ADDRESS, or the address from which this machine reaches Redis: loopback where that is on this machine."""
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
