"""Which addresses the farm connects to for a stranger: public ones, and those inside that the operator names."""

import ipaddress
from collections.abc import Iterable

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""IPv6 addresses that lead to an IPv4 address."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_public(text: str) -> bool:
    """Of a numeric address. Raises ValueError."""
    address = _meant(text)
    if any(address in network for network in _TRANSLATED):
        return False
    return address.is_global and not address.is_multicast


def is_named(host: str, text: str, port: int, inside: Iterable[str]) -> bool:
    """Whether one of `inside` is this port of the host as it was written, or of the address it has.

    Each is `host:port` or `network/bits:port`. A wide network opens neither the machine itself (loopback) nor what
    lies beside it (link-local, where clouds keep their metadata): these are named by a network of their own kind.
    """
    for entry in inside:
        name, _, number = entry.rpartition(":")
        name = name.strip("[]")
        if number == str(port) and (name.lower() == host.lower() or _holds(name, _meant(text))):
            return True
    return False


def _meant(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _holds(name: str, address: Address) -> bool:
    try:
        network = ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return address in network and _kind(address) == _kind(network)


def _kind(one: Address | Network) -> tuple[bool, bool]:
    return one.is_loopback, one.is_link_local
