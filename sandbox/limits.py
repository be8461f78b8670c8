"""What one command in the sandbox may use."""

import os
from dataclasses import dataclass, field

_ADDRESS_HEAD_ROOM_MB = 2048
"""Address space is reserved far beyond what is used: Blender's empty scene maps 1.5 GB and uses 0.3 GB."""


def _machine_memory_mb() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_048_576


def _enough_threads() -> int:
    """A renderer has several pools of one thread a core, and Mesa one more."""
    return 256 + 8 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class Limits:
    """Megabytes are 2²⁰ bytes. The wall clock is the caller's to keep: see sandbox.end."""

    memory_mb: int = field(default_factory=_machine_memory_mb)
    file_mb: int = 32_768
    """The largest file it may write."""
    temporary_mb: int = 256
    """The private /tmp of tier A, which is memory."""
    open_files: int = 1024
    threads: int = field(default_factory=_enough_threads)
    wall_seconds: float = 6 * 3600
    """The longest that one order (a frame) may take."""
    may_fork: bool = False
    """A renderer needs threads only; without new processes there is no fork bomb and nothing to survive it."""

    may_connect: bool = False
    """Sockets, in tier A only, where the network is empty: to what the caller put into the command's folders."""

    @property
    def address_space_bytes(self) -> int:
        return (self.memory_mb + _ADDRESS_HEAD_ROOM_MB) * 1_048_576

    @property
    def file_bytes(self) -> int:
        return self.file_mb * 1_048_576
