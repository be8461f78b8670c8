"""How much processor and memory an engine takes, with all its children, and what the network carries for it."""

import contextlib
import threading
import time
from typing import NamedTuple

import psutil

_LOOK_FOR_CHILDREN_SECONDS = 5.0


class Reading(NamedTuple):
    """Named as the fields of farm.models.Instance."""

    cpu_percent: float = 0.0
    """100 is one core, since the reading before."""
    memory_mb: float = 0.0
    """Resident, mebibytes."""
    frequency_ghz: float = 0.0
    max_frequency_ghz: float = 0.0
    network_in_kbps: float = 0.0
    network_out_kbps: float = 0.0


class Meter:
    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._tree: list[psutil.Process] = []
        self._tree_at = float("-inf")
        self._seconds: dict[int, float] = {}
        self._read_at = time.monotonic()

    def read(self) -> Reading:
        """Zero for a tree that has ended. A process seen for the first time counts from then on."""
        now = time.monotonic()
        elapsed, self._read_at = max(now - self._read_at, 1e-3), now
        used = memory = 0.0
        for process in self._processes(now):
            with contextlib.suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                seconds = times.user + times.system
                used += seconds - self._seconds.get(process.pid, seconds)
                self._seconds[process.pid] = seconds
                memory += process.memory_info().rss
        return Reading(round(100 * used / elapsed, 1), round(memory / 2**20, 1))

    def _processes(self, now: float) -> list[psutil.Process]:
        if now - self._tree_at > _LOOK_FOR_CHILDREN_SECONDS:
            self._tree, self._tree_at = [], now
            with contextlib.suppress(psutil.Error):
                root = psutil.Process(self._pid)
                self._tree = [root, *root.children(recursive=True)]
        return self._tree


class Traffic:
    """Bytes of scene files that came in, and of results that went out; counted by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = self._sent = 0
        self._read_at = time.monotonic()

    def receive(self, size: int) -> None:
        with self._lock:
            self._received += size

    def send(self, size: int) -> None:
        with self._lock:
            self._sent += size

    def kbps(self) -> tuple[float, float]:
        """In and out, kilobits a second since the reading before."""
        with self._lock:
            now = time.monotonic()
            elapsed, self._read_at = max(now - self._read_at, 1e-3), now
            received, sent, self._received, self._sent = self._received, self._sent, 0, 0
        return round(received * 8 / 1000 / elapsed, 1), round(sent * 8 / 1000 / elapsed, 1)
