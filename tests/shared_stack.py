"""One running stack for all processes of a test run: the first that needs it starts it, the last one out ends it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.stack import Stack

Start = Callable[[Path, contextlib.ExitStack], tuple[Stack, dict]]
"""Starts the stack in the folder, and what it needs beside it; what is held ends with it. The dict is JSON."""


@dataclass
class SharedStack:
    """What every process of the run knows of the stack."""

    stack: Stack
    facts: dict


_in_this_process: dict[Path, SharedStack] = {}
"""Asked for twice by one process, it is shared again: who waits for the last one out would wait for themselves."""


@contextlib.contextmanager
def shared_stack(folder: Path, start: Start) -> Iterator[SharedStack]:
    """`folder` is the same for all processes of the run.

    The process that started the stack must outlive it (it ends with its parent), so at its end it waits for the others.
    """
    if folder in _in_this_process:  # a fixture of another folder's tests has it; sessions' fixtures end in reverse
        yield _in_this_process[folder]
        return
    with contextlib.ExitStack() as held:
        in_use = held.enter_context((folder / "in-use.lock").open("w"))
        with _alone(folder):
            fcntl.flock(in_use, fcntl.LOCK_SH)
            is_mine = not (folder / "stack.json").exists()
            running = _start(folder, start, held) if is_mine else _found(folder)
        _in_this_process[folder] = running
        try:
            yield running
        finally:
            del _in_this_process[folder]
            fcntl.flock(in_use, fcntl.LOCK_UN)
            if is_mine:
                _end(folder, held, in_use)


def folder_of_run(tmp_path_factory) -> Path:
    """One folder for the whole run: pytest gives each of its processes one below the run's."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-stack"
    folder.mkdir(exist_ok=True)
    return folder


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(folder: Path, start: Start, held: contextlib.ExitStack) -> SharedStack:
    home = folder / f"stack-{os.getpid()}"  # the name of its database too
    home.mkdir()
    stack, facts = start(home, held)
    (folder / "stack.json").write_text(json.dumps({"home": str(home), "port": stack.port, "facts": facts}))
    return SharedStack(stack, facts)


def _found(folder: Path) -> SharedStack:
    told = json.loads((folder / "stack.json").read_text())
    home = Path(told["home"])
    return SharedStack(Stack(home, told["port"], None, home / "printed.txt"), told["facts"])


def _end(folder: Path, held: contextlib.ExitStack, in_use) -> None:
    """Who comes while it ends waits, finds no stack and starts its own."""
    with _alone(folder):
        fcntl.flock(in_use, fcntl.LOCK_EX)
        (folder / "stack.json").unlink()
        held.close()
