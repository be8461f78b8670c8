"""Runs one of the programs of jobs/readers in the sandbox, by our own interpreter, and reads its one line of JSON."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sandbox
from sandbox.limits import Limits

if TYPE_CHECKING:
    from accounts.models import Account

READERS = Path(__file__).resolve().parent / "readers"
LONGEST_ANSWER_BYTES = 16 * 1024 * 1024
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class NoSandbox(Exception):
    """Nothing holds a scene here. The text says what the operator can do about it."""


def demand_safety(account: "Account") -> None:
    """Where nothing holds a scene (tier C), only an operator's own are opened. Raises NoSandbox."""
    test = sandbox.self_test()
    if test.tier is sandbox.Tier.C and not account.is_staff:
        raise NoSandbox(test.note)


def may_open(account: "Account") -> bool:
    try:
        demand_safety(account)
    except NoSandbox:
        return False
    return True


class ReaderFailed(Exception):
    """`reason`: slow, heavy or broken; the sentence is for the operator."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def run(
    program: str,
    arguments: Sequence[str],
    *,
    folder: Path,
    seconds: float,
    memory_mb: int,
    shown: Sequence[Path] = (),
) -> dict[str, Any]:
    """The program's answer. It sees `folder` (as `inside` names it) and `shown`, and nothing else.

    Raises ReaderFailed when it takes longer than `seconds`, more memory than `memory_mb`, or says nothing.
    """
    (folder / "unpacked").mkdir(exist_ok=True)
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as complaints:
        process = sandbox.launch(
            [sys.executable, "-B", str(READERS / program), *arguments],
            job=folder,
            read_only=[Path(sys.prefix), Path(sys.base_prefix), READERS, *shown],
            environment={"TMPDIR": f"{inside(folder)}/unpacked", **_ONE_THREAD},
            limits=Limits(memory_mb=memory_mb, wall_seconds=seconds),
            tier=sandbox.self_test().tier,
            stdout=answer,
            stderr=complaints,
        )
        _wait(process, program, seconds)
        return _answer(
            program, process.returncode, _start_of(answer, LONGEST_ANSWER_BYTES), _start_of(complaints, 2000)
        )


def _wait(process: "subprocess.Popen[bytes]", program: str, seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired as slow:
        raise ReaderFailed("slow", f"{program} took longer than {seconds:.0f} s") from slow
    finally:
        sandbox.end(process)


def _start_of(file: IO[bytes], most: int) -> bytes:
    file.seek(0)
    return file.read(most)


def inside(folder: Path) -> str:
    """The folder's path as the program sees it."""
    return sandbox.job_path(folder, sandbox.self_test().tier)


def _answer(program: str, exit_code: int, said: bytes, complaints: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said)
    except ValueError as failure:
        words = complaints.decode(errors="replace").strip().splitlines()
        reason = "heavy" if exit_code in (137, -9) or "MemoryError" in (words[-1:] or [""])[0] else "broken"
        raise ReaderFailed(reason, f"{program} ended with {exit_code}: {(words or ['silent'])[-1][:200]}") from failure
    if not isinstance(answer, dict):
        raise ReaderFailed("broken", f"{program} said something that is not an answer")
    return answer
