"""Makes a listening socket in the network of a caged process and hands it to the farm, by the socket it was given.

A program of its own: who enters a user namespace, which an ordinary user's cage has, has one thread only.
"""

import ctypes
import fcntl
import os
import socket
import sys

_OWNER = 0xB701
"""NS_GET_USERNS of linux/nsfs.h: an ordinary user has its rights in the network only from there."""
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def main() -> None:
    """Arguments: the process, the port on its loopback, the descriptor that takes the socket."""
    process, port, channel = map(int, sys.argv[1:4])
    network = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
    owner = fcntl.ioctl(network, _OWNER)
    if not os.path.samestat(os.fstat(owner), os.stat("/proc/self/ns/user")):
        _enter(owner, _NEW_USER)
    _enter(network, _NEW_NETWORK)
    with socket.create_server(("127.0.0.1", port)) as listener, socket.socket(fileno=channel) as farm:
        socket.send_fds(farm, [b"1"], [listener.fileno()])


def _enter(namespace: int, kind: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, kind):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
