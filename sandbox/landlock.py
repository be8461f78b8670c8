"""Landlock by its three system calls: from then on only the given folders can be opened."""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

LEAST_VERSION = 3
"""Below it truncating a file is not covered: a scene could empty the host's files."""

_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FOLDER, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_FOLDER, _MAKE_FILE, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_HANDLED_BY_VERSION = {3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK = 0b11  # bind, connect: version 4
_SCOPES = 0b11  # abstract sockets, signals: version 6

_READABLE = _EXECUTE | _READ | _READ_FOLDER
_WRITABLE = _READ | _READ_FOLDER | _WRITE | _TRUNCATE | _REMOVE_FOLDER | _REMOVE_FILE | _MAKE_FOLDER | _MAKE_FILE
_OF_A_FILE = _EXECUTE | _READ | _WRITE | _TRUNCATE


class Unavailable(Exception):
    """This kernel has no Landlock, or too old a one."""


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    return max(0, _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """For ever, to this thread and what it starts. Paths that are not there are passed over."""
    kernel = version()
    if kernel < LEAST_VERSION:
        raise Unavailable(f"this kernel's Landlock is version {kernel}, {LEAST_VERSION} is needed")
    handled = _HANDLED_BY_VERSION[min(kernel, max(_HANDLED_BY_VERSION))]
    attributes = _Ruleset(handled, _NETWORK if kernel >= 4 else 0, _SCOPES if kernel >= 6 else 0)
    size = 8 if kernel < 4 else 16 if kernel < 6 else 24
    ruleset = _checked(_libc().syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0))
    for path in readable:
        _allow(ruleset, path, _READABLE & handled)
    for path in writable:
        _allow(ruleset, path, (_WRITABLE | _REFER) & handled)
    _checked(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_libc().syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            access &= _OF_A_FILE
        rule = _Beneath(access, opened)
        _checked(_libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(opened)


def _checked(result: int) -> int:
    if result < 0:
        raise Unavailable("landlock: " + errno.errorcode.get(ctypes.get_errno(), "?"))
    return result
