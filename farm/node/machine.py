"""What this machine is made of, as far as Linux says."""

import functools
import os
import platform
from pathlib import Path
from typing import NamedTuple

import psutil

_DISKS = Path("/sys/block")
_NO_DISKS = ("loop", "ram", "zram", "sr", "fd", "md", "dm-")
_NVIDIA = Path("/proc/driver/nvidia/gpus")


def core_count() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0))


def memory_mb() -> int:
    return int(psutil.virtual_memory().total) // 2**20


@functools.cache
def cpu_model() -> str:
    return _named_in("model name", Path("/proc/cpuinfo").read_text())[:200] or platform.machine()


def has_ssd(folder: Path) -> bool:
    """Whether the folder lies on a disk that doesn't turn; where its disk is hidden, whether no disk here does."""
    status = os.stat(folder)
    device = Path(f"/sys/dev/block/{os.major(status.st_dev)}:{os.minor(status.st_dev)}")
    if device.exists():
        whole = device.resolve()
        disks = [whole if (whole / "queue").is_dir() else whole.parent]
    else:
        disks = [disk for disk in _DISKS.iterdir() if not disk.name.startswith(_NO_DISKS)] if _DISKS.is_dir() else []
    return bool(disks) and all(_text_of(disk / "queue" / "rotational") == "0" for disk in disks)


def gpu_model() -> str:
    """Of the first NVIDIA card; empty without one. No renderer here uses another maker's."""
    cards = sorted(_NVIDIA.glob("*/information"))
    return _named_in("Model", _text_of(cards[0]))[:200] if cards else ""


class Frequency(NamedTuple):
    now_ghz: float = 0.0
    """The mean of all cores."""
    max_ghz: float = 0.0


def frequency() -> Frequency:
    """Noughts where the machine doesn't say. A file of every core is read: one look tells both."""
    try:
        found = psutil.cpu_freq()
    except (OSError, NotImplementedError, RuntimeError):  # virtual machines hide the files it reads
        found = None
    return Frequency(round(found.current / 1000, 3), round(found.max / 1000, 3)) if found else Frequency()


def _named_in(name: str, text: str) -> str:
    """The value of the first line `name : value`."""
    pairs = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for key, _, value in pairs if key.strip() == name), "")


def _text_of(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
