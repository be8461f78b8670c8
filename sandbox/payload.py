"""What a hostile scene would try. Run inside the sandbox by the self-test; its own imports only.

Prints one JSON object: attempt → whether it was refused. The last attempt leaves a process
behind that holds the output open: who reads to the end learns whether it was ended.
"""

import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Callable

CANARY, TO_WRITE, VICTIM = sys.argv[1], sys.argv[2], int(sys.argv[3])


def read_a_file_outside() -> None:
    open(CANARY).close()


def read_the_accounts() -> None:
    open("/etc/passwd").close()


def write_outside() -> None:
    open(TO_WRITE, "w").close()


def empty_a_file_outside() -> None:
    os.truncate(CANARY, 0)


def open_an_internet_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def open_a_local_socket() -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()


def signal_a_process_outside() -> None:
    os.kill(VICTIM, 9)


def trace_a_process_outside() -> None:
    attach = 16
    if ctypes.CDLL(None, use_errno=True).ptrace(attach, VICTIM, 0, 0) < 0:
        raise PermissionError


def enter_a_new_namespace() -> None:
    new_user = 0x10000000
    if ctypes.CDLL(None, use_errno=True).unshare(new_user) < 0:
        raise PermissionError


def be_root() -> None:
    if os.getuid() != 0:
        raise PermissionError


def outlive_the_end() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)


ATTEMPTS = (
    read_a_file_outside,
    read_the_accounts,
    write_outside,
    empty_a_file_outside,
    open_an_internet_socket,
    open_a_local_socket,
    signal_a_process_outside,
    trace_a_process_outside,
    enter_a_new_namespace,
    be_root,
    outlive_the_end,
)


def is_refused(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


sys.stdout.write(json.dumps({attempt.__name__: is_refused(attempt) for attempt in ATTEMPTS}) + "\n")
sys.stdout.flush()
