"""Finds out what this machine's sandbox really refuses, by attacking it; never by a version number."""

import contextlib
import functools
import json
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import cage, landlock, seccomp
from sandbox.launching import Tier, end, launch
from sandbox.limits import Limits
from sandbox.system import interpreter_folders

_PAYLOAD = (Path(__file__).parent / "payload.py").read_text()
_SECONDS = 20.0
_ENDED_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class SelfTest:
    """`refused`: attempt → refused, in the tier that was chosen. `note`: what holds, and what to change."""

    tier: Tier
    note: str
    refused: dict[str, bool]


class _DidNotRun(Exception):
    """The payload never answered; the text is what the sandbox said."""


@functools.cache
def self_test() -> SelfTest:
    """The best tier whose sandbox refuses every attempt. Takes half a second, once a process."""
    not_isolated, refused = _attempt(Tier.A)
    if not not_isolated:
        return SelfTest(Tier.A, "Isolated: bubblewrap, seccomp and limits.", refused)
    remedy = f"{not_isolated} {_remedy(not_isolated)}"
    not_confined, refused = _attempt(Tier.B)
    if not not_confined:
        lacks = f"Confined: Landlock {landlock.version()}, seccomp and limits, without process isolation. "
        return SelfTest(Tier.B, lacks + remedy, refused)
    opened = "Open: nothing holds a scene on this machine, so it takes only its owner's scenes. "
    return SelfTest(Tier.C, f"{opened}{not_confined} {remedy}", refused)


def _attempt(tier: Tier) -> tuple[str, dict[str, bool]]:
    """Why the tier does not hold ("" where it does), and what was refused."""
    try:
        refused = attack(tier)
    except (OSError, cage.MissingTool, seccomp.Unavailable, _DidNotRun) as reason:
        return f"Tier {tier} does not start: {_sentence(reason)}.", {}
    failures = [name.replace("_", " ") for name, was_refused in refused.items() if not was_refused]
    return (f"Tier {tier} does not stop these: {', '.join(failures)}." if failures else ""), refused


def _sentence(reason: Exception) -> str:
    text = f"{reason} is not installed" if isinstance(reason, cage.MissingTool) else str(reason)
    return text.strip().rstrip(".")


def _remedy(reason: str) -> str:
    """The one command that gives this machine tier A."""
    if "bwrap is not installed" in reason:
        return "To isolate scenes fully: apt-get install bubblewrap (or your system's package of that name)."
    if "is not installed" in reason:
        return "To isolate scenes fully: apt-get install util-linux."
    if "uid map" in reason or "RTM_NEWADDR" in reason or "namespace" in reason:
        return (
            "To isolate scenes fully, allow bubblewrap its user namespaces: printf 'abi <abi/4.0>,\\nprofile bwrap"
            " /usr/bin/bwrap flags=(unconfined) { userns, }\\n' | sudo tee /etc/apparmor.d/bwrap"
            " && sudo systemctl reload apparmor (in a container: run it with --security-opt seccomp=unconfined)."
        )
    return "To isolate scenes fully, bubblewrap has to work here: try `bwrap --ro-bind / / --unshare-all true`."


def attack(tier: Tier) -> dict[str, bool]:
    """Run the payload in the real sandbox of that tier; attempt → refused. Raises as `launch` does."""
    with tempfile.TemporaryDirectory(prefix="render-web-selftest-") as folder, _victim() as victim:
        outside, job, scratch = (Path(folder) / name for name in ("outside", "job", "scratch"))
        for made in (outside, job, scratch):
            made.mkdir()
        canary = outside / "canary"
        canary.write_text("canary")
        python = Path(sys.executable)
        process = launch(
            [str(python), "-I", "-S", "-c", _PAYLOAD, str(canary), str(outside / "written"), str(victim.pid)],
            job=job,
            read_only=interpreter_folders(python),
            environment={},
            limits=Limits(may_fork=True),
            tier=tier,
            scratch=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        refused = _answer(process)
        # What really happened counts, whatever the payload saw.
        refused["signal_a_process_outside"] = victim.poll() is None
        refused["empty_a_file_outside"] &= canary.read_text() == "canary"
        refused["write_outside"] &= not (outside / "written").exists()
        return refused


@contextlib.contextmanager
def _victim() -> Iterator["subprocess.Popen[bytes]"]:
    """A process of ours outside, for the payload to kill: it waits for the end of its input."""
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"]
    victim = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield victim
    finally:
        victim.kill()
        victim.communicate()


def _answer(process: "subprocess.Popen[bytes]") -> dict[str, bool]:
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], _SECONDS)
        line = process.stdout.readline() if ready else b""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_ENDED_WITHIN_SECONDS)
        end(process)
        try:
            refused: dict[str, bool] = json.loads(line)
        except ValueError:
            said = (line + process.stdout.read()).decode(errors="replace").strip()
            raise _DidNotRun(said or "no answer") from None
        refused["outlive_the_end"] = _is_closed(process.stdout.fileno())
        return refused
    finally:
        end(process)
        process.stdout.close()


def _is_closed(descriptor: int) -> bool:
    """Nobody holds the other end any more."""
    deadline = time.monotonic() + _ENDED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        ready, _, _ = select.select([descriptor], [], [], deadline - time.monotonic())
        if ready:
            return True
    return False
