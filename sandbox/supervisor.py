"""Tier B (and the bare tier C): runs one command confined by Landlock and seccomp, and ends its whole tree.

A program of its own, between the farm and the command, because without a process namespace
somebody must outlive the command and collect what it left behind: every process below becomes
a child of this one, and when it is asked to end, or the farm dies, it ends them all first.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from sandbox import landlock, seccomp
from sandbox.limits import Limits

_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_SET_CHILD_SUBREAPER, _PR_CAP_AMBIENT = 1, 8, 36, 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION = 0x20080522

NOT_CONFINED = 125
"""Exit code where the confinement could not be made: the command was not run."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_ABOUT_THE_MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")


@dataclass(frozen=True)
class Orders:
    """What the farm tells the supervisor, as JSON in its only argument."""

    command: list[str]
    environment: dict[str, str]
    folder: str
    readable: list[str]
    writable: list[str]
    limits: Limits
    parent: int
    user: int | None
    is_confined: bool

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Orders":
        values = json.loads(text)
        return cls(**{**values, "limits": Limits(**values["limits"])})


def main() -> None:
    orders = Orders.from_json(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for asked_to_end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(asked_to_end, _end_the_tree)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != orders.parent:
        sys.exit(NOT_CONFINED)  # the farm died before the line above
    child = os.fork()
    if child == 0:
        _become(orders)
    _let_go_of_the_pipes()
    status = _wait_for(child)
    _kill_descendants()
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def _let_go_of_the_pipes() -> None:
    """So that the farm sees the end of the output when the command ends, and not later."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _wait_for(child: int) -> int:
    while True:
        ended, status = os.wait()
        if ended == child:
            return status


def _end_the_tree(number: int, frame: FrameType | None) -> None:
    _kill_descendants()
    os._exit(128 + number)


def _kill_descendants() -> None:
    """Orphans become our children, so that killing children until none is left reaches all."""
    while True:
        for child in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def _children() -> Iterator[int]:
    ours = str(os.getpid())
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                status = (process / "stat").read_text()
                if status.rpartition(")")[2].split()[1] == ours:
                    yield int(process.name)


def _become(orders: Orders) -> None:
    """In the child: confine, then become the command. Never returns."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.chdir(orders.folder)
        _limit(orders.limits, _threads_of(os.getuid() if orders.user is None else orders.user))
        if orders.user is not None:
            _change_to(orders.user)
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # changing the uid clears it
        if orders.is_confined:
            readable = [Path(path) for path in (*orders.readable, *_ABOUT_THE_MACHINE)]
            landlock.confine(readable, [Path(path) for path in (*orders.writable, *_DEVICES)])
            seccomp.apply_filter(seccomp.build_filter(may_fork=orders.limits.may_fork, own_process=os.getpid()))
        os.execve(orders.command[0], orders.command, orders.environment)  # noqa: S606
    except (OSError, landlock.Unavailable, seccomp.Unavailable) as error:
        os.write(2, f"The sandbox could not start the command: {error}\n".encode())
    os._exit(NOT_CONFINED)


def _limit(limits: Limits, threads_there: int) -> None:
    """NPROC counts every thread of the user, so ours come on top of those that are there."""
    ceilings = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: limits.address_space_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.threads + threads_there,
    }
    for kind, ceiling in ceilings.items():
        _, hard = resource.getrlimit(kind)
        ceiling = ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard)
        resource.setrlimit(kind, (ceiling, ceiling))


def _threads_of(user: int) -> int:
    count = 0
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
    return count


def _change_to(user: int) -> None:
    """From root to a uid that nobody has.

    Reading past folder permissions is kept (an engine in root's home lies behind a closed
    folder); Landlock decides what can be read, and open_by_handle_at is refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    only = 1 << _CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)  # effective, permitted, inheritable; low, then high
    if libc.capset(header, sets) or libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0):
        raise OSError(ctypes.get_errno(), "the capabilities could not be dropped")


if __name__ == "__main__":
    main()
