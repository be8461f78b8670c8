"""Builds the seccomp filter of the sandbox: a classic BPF program, without any library."""

import ctypes
import errno
import struct

from sandbox import syscalls
from sandbox.syscalls import Architecture

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENT, _ARGUMENT_SIZE = 0, 4, 16, 8
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_X32_BIT = 0x40000000

_DEVICE = 0o060000
"""Set in the mode of devices, and not in that of pipes and files."""

_CLONE_THREAD = 0x00010000
_CLONE_NEW_NAMESPACES = 0x7E020000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_OWN_PROCESS = 0
_SOCKETS = ("socket", "socketpair")
_AF_INET, _AF_INET6 = 2, 10

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


class Unavailable(Exception):
    """This kernel or architecture has no seccomp filter for us."""


class _Program:
    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        self.code = bytearray()
        self._add(_LOAD, _AT_ARCHITECTURE)
        self._add(_EQUAL, architecture.audit_number, if_true=1)
        self._add(_RETURN, _KILL)
        self._add(_LOAD, _AT_NUMBER)
        if architecture.has_x32:
            self._add(_AT_LEAST, _X32_BIT, if_false=1)
            self._add(_RETURN, _KILL)

    def _add(self, code: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        self.code += struct.pack("<HBBI", code, if_true, if_false, value)

    def refuse(self, name: str, error: int) -> None:
        number = syscalls.number(name, self.architecture)
        if number is not None:
            self._add(_EQUAL, number, if_false=1)
            self._add(_RETURN, _ERROR | error)

    def refuse_by_argument(self, name: str, argument: int, test: int, value: int, *, when: bool) -> None:
        """Refuse where `test` of the argument's low half against `value` is `when`."""
        number = syscalls.number(name, self.architecture)
        if number is None:
            return
        self._add(_EQUAL, number, if_false=4)
        self._add(_LOAD, _AT_ARGUMENT + argument * _ARGUMENT_SIZE)
        self._add(test, value, if_true=0 if when else 1, if_false=1 if when else 0)
        self._add(_RETURN, _ERROR | errno.EPERM)
        self._add(_LOAD, _AT_NUMBER)

    def finish(self) -> bytes:
        self._add(_RETURN, _ALLOW)
        return bytes(self.code)


def build_filter(*, may_fork: bool, may_connect: bool = False, own_process: int | None = None) -> bytes:
    """The program as `bwrap --seccomp` and the kernel read it.

    `own_process`: the only process that may be signalled or limited, where no process
    namespace hides the others. Raises Unavailable on an unknown architecture.
    """
    architecture = syscalls.this_architecture()
    if architecture is None:
        raise Unavailable("the numbers of this processor's system calls are not known")
    program = _Program(architecture)
    for name, error in syscalls.refused_outright().items():
        if may_connect and name in _SOCKETS:
            _allow_common_families(program, name)
        else:
            program.refuse(name, error)
    for place, name in enumerate(("mknod", "mknodat"), start=1):
        program.refuse_by_argument(name, place, _ANY_BIT, _DEVICE, when=True)
    _refuse_new_processes(program, may_fork=may_fork)
    for request in (_TIOCSTI, _TIOCLINUX):
        program.refuse_by_argument("ioctl", 1, _EQUAL, request, when=True)
    if own_process is not None:
        _keep_to_itself(program, own_process)
    return program.finish()


def _allow_common_families(program: _Program, name: str) -> None:
    """Of a file, IPv4 and IPv6. The kernel loads old networks (AX.25, X.25, AppleTalk) for whoever asks."""
    program.refuse_by_argument(name, 0, _AT_LEAST, _AF_INET6 + 1, when=True)
    for family in range(_AF_INET + 1, _AF_INET6):
        program.refuse_by_argument(name, 0, _EQUAL, family, when=True)


def _refuse_new_processes(program: _Program, *, may_fork: bool) -> None:
    """clone3 hides its flags in memory: ENOSYS makes the C library fall back on clone."""
    program.refuse("clone3", errno.ENOSYS)
    program.refuse_by_argument("clone", 0, _ANY_BIT, _CLONE_NEW_NAMESPACES, when=True)
    if not may_fork:
        program.refuse_by_argument("clone", 0, _ANY_BIT, _CLONE_THREAD, when=False)
        program.refuse("fork", errno.EPERM)
        program.refuse("vfork", errno.EPERM)


def _keep_to_itself(program: _Program, own_process: int) -> None:
    for name in ("kill", "tgkill"):
        program.refuse_by_argument(name, 0, _EQUAL, own_process, when=False)
    for name in ("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        program.refuse(name, errno.EPERM)
    program.refuse_by_argument("prlimit64", 0, _EQUAL, _OWN_PROCESS, when=False)


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def apply_filter(code: bytes) -> None:
    """For ever, to this thread and what it starts. Raises Unavailable."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = _FilterProgram(len(code) // 8, code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise Unavailable("no_new_privs: " + errno.errorcode.get(ctypes.get_errno(), "?"))
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise Unavailable("seccomp: " + errno.errorcode.get(ctypes.get_errno(), "?"))
