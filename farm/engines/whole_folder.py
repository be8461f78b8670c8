"""Folders that are whole or not there: filled under another name, then renamed.

Whatever is killed or runs full meanwhile leaves nothing of the final name.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def make_whole(
    folder: Path, is_whole: Callable[[], bool], fill: Callable[[Path], None], say: Callable[[str], None]
) -> None:
    """Has `fill` make and fill another folder, and gives that one the name. Raises OSError and what `fill` does.

    A second one beside it waits for the first, and does nothing where that one succeeded. A broken
    folder of the name gives way.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder, say):
        if is_whole():
            return
        making = folder.with_name(f".{folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        try:
            fill(making)
            _put_in_place(making, folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)


@contextlib.contextmanager
def _alone(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """The lock ends with its process, however that ends."""
    with open(folder.with_name(f".{folder.name}.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{folder.name}: another process installs it, waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _put_in_place(making: Path, folder: Path) -> None:
    """The bytes are on the disk before the name is."""
    os.sync()
    if folder.exists():
        broken = folder.with_name(f".{folder.name}.broken-{time.time_ns()}")
        folder.rename(broken)
        shutil.rmtree(broken, ignore_errors=True)
    making.rename(folder)
