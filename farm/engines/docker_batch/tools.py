"""Runs skopeo and umoci in the sandbox: what they read comes from strangers, and skopeo's only network is our proxy."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import sandbox
from farm.engines.debian_packages import Unpacked
from farm.engines.docker_batch.faults import Fault, Stopped
from farm.engines.docker_batch.way_out import SOCKET, WayOut, way_out

_HOST = Path(__file__).with_name("host_way_in.py")
_CERTIFICATES = tuple(
    Path(path) for path in ("/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")
)
_LOOK_EVERY_SECONDS = 0.1
_SIZE_EVERY_SECONDS = 2.0
_LONGEST_COMPLAINT = 65536
_LONGEST_OUTPUT = 8 * 1_048_576
_PULL_SECONDS = 3600.0
_MEGABYTE = 1_048_576


@dataclass(frozen=True)
class Ended:
    exit_code: int
    output: bytes
    complaint: str
    """What it printed to standard error; its end, where that is long."""


@dataclass(frozen=True)
class Tools:
    """In `folder`, which is all that they can write, and whose size is bounded."""

    unpacked: Unpacked
    folder: Path
    most_mb: int
    inside: frozenset[str]
    """Registries (host:port) of the farm's own network that may be asked."""
    should_stop: Callable[[], bool]
    on_size: Callable[[int], None] = lambda size: None
    """Hears every two seconds how many bytes there are."""

    def skopeo(self, words: Sequence[str], registry: str) -> tuple[Ended, WayOut]:
        """Asks that registry (host:port). Raises Stopped, Fault, OSError."""
        loopback = registry if registry.startswith("127.") and registry in self.inside else ""
        host = [
            sys.executable,
            "-I",
            "-S",
            "-B",
            str(_HOST),
            f"{sandbox.job_path(self.folder, sandbox.Tier.A)}/{SOCKET}",
        ]
        command = [*host, loopback, str(self.unpacked.program("skopeo")), "--insecure-policy", *words]
        readable = [*sandbox.interpreter_folders(Path(sys.executable)), _HOST, *_CERTIFICATES]
        with way_out(self.folder, self.inside) as server:
            return self._run(command, readable, may_connect=True), server

    def umoci(self, words: Sequence[str]) -> Ended:
        """Raises Stopped, Fault, OSError."""
        return self._run([str(self.unpacked.program("umoci")), *words], [], may_connect=False)

    def _run(self, command: Sequence[str], readable: list[Path], *, may_connect: bool) -> Ended:
        with _new_file(self.folder / "output") as told, _new_file(self.folder / "complaints") as said:
            process = sandbox.launch(
                command,
                job=self.folder,
                read_only=[*readable, self.unpacked.folder],
                environment=self.unpacked.environment(),
                limits=sandbox.Limits(file_mb=self.most_mb, may_fork=True, may_connect=may_connect),
                tier=sandbox.Tier.A,
                stdout=told,
                stderr=said,
            )
            try:
                self._watch(process)
            finally:
                exit_code = sandbox.end(process)
            said.seek(max(0, said.seek(0, os.SEEK_END) - _LONGEST_COMPLAINT))
            told.seek(0)
            return Ended(exit_code, told.read(_LONGEST_OUTPUT), said.read().decode(errors="replace"))

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        began = looked = time.monotonic()
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_EVERY_SECONDS)
            now = time.monotonic()
            if self.should_stop():
                raise Stopped
            if now - began > _PULL_SECONDS:
                raise Fault("REGISTRY_UNREACHABLE", "The image did not come within an hour: try again later.")
            if now - looked > _SIZE_EVERY_SECONDS:
                looked = now
                self._check_size()

    def _check_size(self) -> None:
        size = size_of(self.folder)
        if size > self.most_mb * _MEGABYTE:
            raise too_large(self.most_mb)
        self.on_size(size)


def _new_file(path: Path) -> BinaryIO:
    """Never through a link that the program before left in this place."""
    path.unlink(missing_ok=True)
    return path.open("x+b")


def too_large(most_mb: int) -> Fault:
    return Fault("IMAGE_TOO_LARGE", f"The image is larger than the {most_mb} MB that this farm takes: make it smaller.")


def size_of(folder: Path) -> int:
    """Bytes of everything below; links are not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total
