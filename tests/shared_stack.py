"""One running stack for all processes of a test run: the first that needs it starts it, the last one out ends it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import stack as real_stack


@dataclass
class SharedStack:
    """What every process of the run knows of the stack. `facts` are JSON, written once by the one that started it."""

    stack: real_stack.Stack
    facts: dict


@contextlib.contextmanager
def shared_stack(folder: Path, prepare, **settings: str) -> Iterator[SharedStack]:
    """`prepare(stack)` makes the facts, once. `folder` is the same for all processes of the run.

    The process that started the stack must outlive it (it ends with its parent), so at its end it waits for the others.
    """
    with contextlib.ExitStack() as held:
        in_use = held.enter_context((folder / "in-use.lock").open("w"))
        with _alone(folder):
            written = folder / "stack.json"
            is_mine = not written.exists()
            fcntl.flock(in_use, fcntl.LOCK_SH)
            running = _start(folder, prepare, settings) if is_mine else _found(written)
        try:
            yield running
        finally:
            fcntl.flock(in_use, fcntl.LOCK_UN)
            if is_mine:
                _end(running, folder, in_use)


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


def _start(folder: Path, prepare, settings: dict[str, str]) -> SharedStack:
    home = folder / f"stack-{os.getpid()}"  # the name of its database too
    home.mkdir()
    stack = real_stack.start(home, **settings)
    try:
        facts = prepare(stack)
        (folder / "stack.json").write_text(json.dumps({"home": str(stack.home), "port": stack.port, "facts": facts}))
    except BaseException:
        stack.stop()
        raise
    return SharedStack(stack, facts)


def _found(written: Path) -> SharedStack:
    told = json.loads(written.read_text())
    home = Path(told["home"])
    return SharedStack(real_stack.Stack(home, told["port"], None, home / "printed.txt"), told["facts"])


def _end(running: SharedStack, folder: Path, in_use) -> None:
    """Who comes while it ends waits, finds no stack and starts its own."""
    with _alone(folder):
        fcntl.flock(in_use, fcntl.LOCK_EX)
        (folder / "stack.json").unlink(missing_ok=True)
        running.stack.stop()
