"""How much processor and memory an engine takes, with all its children."""

import contextlib
import time
from typing import NamedTuple

import psutil

_LOOK_FOR_CHILDREN_SECONDS = 5.0


class Reading(NamedTuple):
    cpu_percent: float
    """100 is one core, since the reading before."""
    memory_mb: float
    """Resident, mebibytes."""


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
