"""Starts a command in the sandbox, and ends it with everything it started."""

import contextlib
import os
import queue
import secrets
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from sandbox import cage, image_root, seccomp
from sandbox.limits import Limits
from sandbox.relay import Gate, NoRelay, Relay
from sandbox.supervisor import Orders
from sandbox.system import SYSTEM_FOLDERS

Stream = int | IO[Any] | None

_FIRST_UNUSED_UID, _UNUSED_UIDS = 0x6E000000, 0x00FFFFFF
"""Far above what people, services and containers are given."""
_PROJECT = Path(__file__).resolve().parent.parent


class Tier(StrEnum):
    """What holds a command: bubblewrap (A), Landlock and seccomp (B), or limits only (C)."""

    A = "A"
    B = "B"
    C = "C"


def job_path(job: Path, tier: Tier) -> str:
    """Where the command sees its job folder."""
    return cage.JOB if tier == Tier.A else str(job.absolute())


def launch(
    command: Sequence[str],
    *,
    job: Path,
    read_only: Sequence[Path],
    environment: Mapping[str, str],
    limits: Limits,
    tier: Tier,
    scratch: Path | None = None,
    root: Path | None = None,
    hostname: str = cage.HOSTNAME,
    starts_in: str = cage.JOB,
    relay: Relay | None = None,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = None,
    stderr: Stream = None,
) -> "subprocess.Popen[bytes]":
    """Run `command` (an absolute path first) in `job`, the only folder that it can write.

    It gets `environment` and nothing of ours, with HOME and TMPDIR on a temporary folder: /tmp in
    tier A (`scratch`, or else memory), `scratch` or else the job folder in the others. The process that
    is returned is the sandbox's; its exit code is the command's, or 128 + the signal.
    With a `root`, of tier A only, the command sees that file system instead of this system's libraries; it starts
    in `starts_in`, and is looked for in the PATH of its environment. `hostname` is tier A's too, and so is
    `relay`: with it the command may have sockets, which lead to the relay and nowhere else.
    Raises OSError (NoRelay is one), cage.MissingTool, seccomp.Unavailable, image_root.UnsafeRoot.
    """
    job = job.absolute()
    user = _unused_user() if os.getuid() == 0 and tier != Tier.C else None
    for folder in (job, scratch):
        if user is not None and folder is not None:
            _give(folder, user)
    temporary = cage.TEMPORARY if tier == Tier.A else str(scratch or job)
    environment = {"HOME": temporary, "TMPDIR": temporary, **environment}
    streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    if tier == Tier.A:
        put = cage.Cage(job, read_only, environment, limits, user, scratch, root, hostname)
        if root is None:
            return _in_the_cage(put, command, relay, streams)
        return _in_an_image(put, command, starts_in, relay, streams)
    if relay is not None:
        raise NoRelay(f"tier {tier} can't let a command out to one address only")
    if root is not None:
        raise image_root.UnsafeRoot(f"tier {tier} can't change what a command sees as its root")
    orders = Orders(
        command=list(command),
        environment=environment,
        folder=str(job),
        readable=[str(path) for path in (*SYSTEM_FOLDERS, *read_only)],
        writable=[str(path) for path in (job, scratch) if path],
        limits=limits,
        parent=os.getpid(),
        user=user,
        is_confined=tier == Tier.B,
    )
    return _under_supervision(orders, streams)


def _in_the_cage(
    put: cage.Cage, command: Sequence[str], relay: Relay | None, streams: Mapping[str, Stream]
) -> "subprocess.Popen[bytes]":
    """bwrap itself gets no more environment than the command: it can be read at /proc/1/environ inside."""
    with _readable(_rules(put.limits, relay)) as rules:
        words = put.command(command, rules)
        return _caged(words, relay, (rules,), env=dict(put.environment), **streams)


def _in_an_image(
    put: cage.Cage, command: Sequence[str], starts_in: str, relay: Relay | None, streams: Mapping[str, Stream]
) -> "subprocess.Popen[bytes]":
    """Nothing of the environment, which is a stranger's, reaches a program of ours: it could steer its loader."""
    script = image_root.start_script(starts_in, put.environment)
    with _readable(_rules(put.limits, relay)) as rules, _readable(script) as start:
        words = put.command(command, rules, start)
        return _caged(words, relay, (rules, start), env={}, **streams)


def _rules(limits: Limits, relay: Relay | None) -> bytes:
    may_connect = limits.may_connect or relay is not None
    return seccomp.build_filter(may_fork=limits.may_fork, may_connect=may_connect)


def _caged(
    words: Sequence[str], relay: Relay | None, descriptors: tuple[int, ...], **options: Any
) -> "subprocess.Popen[bytes]":
    """bwrap's own options come first in `words`, after its name."""
    if relay is None:
        return _from_a_thread_that_stays(words, pass_fds=descriptors, **options)
    gate = Gate(relay)
    try:
        words = [words[0], *gate.options, *words[1:]]
        process = _from_a_thread_that_stays(words, pass_fds=(*descriptors, *gate.descriptors), **options)
    except BaseException:
        gate.abandon()
        raise
    try:
        gate.open(process)
    except BaseException:
        end(process, grace_seconds=0)
        raise
    return process


@contextlib.contextmanager
def _readable(data: bytes) -> Iterator[int]:
    """A descriptor that gives `data`, however much it is."""
    with open(os.memfd_create("sandbox", os.MFD_CLOEXEC), "r+b", buffering=0) as memory:
        memory.write(data)
        memory.seek(0)
        yield memory.fileno()


def _under_supervision(orders: Orders, streams: Mapping[str, Stream]) -> "subprocess.Popen[bytes]":
    program = f"import sys; sys.path.insert(0, {str(_PROJECT)!r}); from sandbox.supervisor import main; main()"
    command = [sys.executable, "-I", "-S", "-c", program, orders.as_json()]
    return _from_a_thread_that_stays(command, env={}, start_new_session=True, **streams)


def end(process: "subprocess.Popen[bytes]", grace_seconds: float = 2.0) -> int:
    """TERM, then KILL, of the whole tree; returns the exit code."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace_seconds)
    if process.poll() is None:
        process.kill()
    return process.wait()


def signal_of(exit_code: int) -> signal.Signals | None:
    """The signal that ended a command, from the exit code of its sandbox."""
    number = -exit_code if exit_code < 0 else exit_code - 128
    try:
        return signal.Signals(number)
    except ValueError:
        return None


def _unused_user() -> int:
    """One for each command, so that no two can reach each other."""
    return _FIRST_UNUSED_UID + secrets.randbelow(_UNUSED_UIDS)


def _give(folder: Path, user: int) -> None:
    """Let `user` write in a folder of ours, without following links.

    A file with a second name somewhere is only made readable: changed through this name,
    it would be changed there as well.
    """
    for parent, folders, names in os.walk(folder):
        os.chown(parent, user, user, follow_symlinks=False)
        for name in (*folders, *names):
            path = os.path.join(parent, name)
            facts = os.lstat(path)
            if stat.S_ISREG(facts.st_mode) and facts.st_nlink > 1:
                os.chmod(path, facts.st_mode | stat.S_IROTH)
            else:
                os.lchown(path, user, user)


class _StayingThread:
    """Starts processes from one thread that lives as long as this process.

    "Die with the parent" (PR_SET_PDEATHSIG) means the *thread* that forked: a warm engine
    started from a thread that ends would die with that thread.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._process = 0
        self._starting = threading.Lock()

    def run(self, start: Callable[[], "subprocess.Popen[bytes]"]) -> "subprocess.Popen[bytes]":
        result: Future[subprocess.Popen[bytes]] = Future()
        with self._starting:
            if self._process != os.getpid():  # the first start, or a fork took everything but the threads
                self._process = os.getpid()
                self._asked = queue.SimpleQueue()
                threading.Thread(target=self._serve, name="sandbox launcher", daemon=True).start()
            self._asked.put((start, result))
        return result.result()

    def _serve(self) -> None:
        asked = self._asked
        while True:
            start, result = asked.get()
            try:
                result.set_result(start())
            except BaseException as error:
                result.set_exception(error)


_staying_thread = _StayingThread()


def _forget_the_thread() -> None:
    global _staying_thread
    _staying_thread = _StayingThread()


os.register_at_fork(after_in_child=_forget_the_thread)


def _from_a_thread_that_stays(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    return _staying_thread.run(lambda: subprocess.Popen(command, **options))
