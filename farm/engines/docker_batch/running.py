"""One command in an image, from its start to its end: heard line by line, asked to end, then ended."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

import sandbox
from farm.engines.docker_batch import endings
from farm.engines.docker_batch.progress import ProgressFinder
from farm.engines.events import STOPPED, Event, LogLine, Outcome, Progress
from farm.engines.order import Order
from farm.engines.profile import EnginePlace
from farm.engines.streams import Streams

_LISTEN_SECONDS = 0.1
_GRACE_SECONDS = 5.0
"""What a command that is stopped has for its own end."""
_FIRST_SIGNAL = 128
_WEIGH_EVERY_SECONDS = 1.0
_MEGABYTE = 1_048_576


@dataclass(frozen=True)
class Container:
    """What is run, and what it finds there."""

    root: Path
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    hostname: str


class Running:
    def __init__(self, container: Container, place: EnginePlace) -> None:
        """Raises OSError, sandbox.MissingTool, sandbox.UnsafeRoot."""
        self._container = container
        self._place = place
        self._streams = Streams()
        self._asked_to_end_at = 0.0
        self._weigh_at = 0.0
        with self._streams.written_by_a_process() as (output, error):
            self._process = self._launched(output, error)

    def _launched(self, output: int, error: int) -> "subprocess.Popen[bytes]":
        return sandbox.launch(
            self._container.command,
            job=self._place.job,
            read_only=[],
            environment=self._container.environment,
            limits=self._place.limits,
            tier=self._place.tier,
            scratch=self._place.scratch,
            root=self._container.root,
            hostname=self._container.hostname,
            starts_in=self._container.folder,
            relay=self._place.relay,
            stdout=output,
            stderr=error,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def to_its_end(
        self, finder: ProgressFinder, on_event: Callable[[Event], None], should_stop: Callable[[], bool]
    ) -> Outcome:
        order = Order(self._place.limits.wall_seconds, _telling(on_event, finder))
        order.loaded_at = order.began
        is_late = is_too_large = False
        while not (order.is_over and self._process.poll() is not None):
            if heard := self._streams.next(_LISTEN_SECONDS):
                order.take(heard)
            if order.is_time_to_look() and (order.is_late or should_stop()):
                is_late = is_late or (order.is_late and not self._asked_to_end_at)
                if self._is_asked_in_vain():
                    break
            if self._takes_too_much_memory():
                is_too_large = True
                break
        exit_code = self.end()
        if is_too_large:
            return order.outcome(1, "OUT_OF_MEMORY", endings.too_much_memory(self._place.limits.memory_mb))
        if is_late:
            return order.outcome(1, "TIME_LIMIT", endings.too_long(self._place.limits.wall_seconds))
        if self._asked_to_end_at:
            return order.outcome(1, STOPPED, "The order was stopped.")
        memory_mb = self._place.limits.memory_mb
        code, sentence = endings.explain(exit_code, order.last_lines, self._container.command, memory_mb)
        # Only the sandbox's own end by a signal is nobody's of the image.
        return order.outcome(exit_code if exit_code < _FIRST_SIGNAL else 1, code, sentence)

    def _is_asked_in_vain(self) -> bool:
        """The first time it sends TERM; true when that was long ago."""
        now = time.monotonic()
        if not self._asked_to_end_at:
            self._asked_to_end_at = now
            with contextlib.suppress(psutil.Error, IndexError):
                # The sandbox would die of it and take the command with it: it goes to the command alone.
                psutil.Process(self.pid).children()[0].children()[0].terminate()
        return now - self._asked_to_end_at > _GRACE_SECONDS

    def _takes_too_much_memory(self) -> bool:
        """All its processes together: each for itself has the limit of one."""
        now = time.monotonic()
        if now < self._weigh_at:
            return False
        self._weigh_at = now + _WEIGH_EVERY_SECONDS
        most = self._place.limits.memory_mb * _MEGABYTE
        with contextlib.suppress(psutil.Error):
            processes = psutil.Process(self.pid).children(recursive=True)
            return _bytes_of(processes, "rss") > most and _bytes_of(processes, "pss") > most
        return False

    def end(self) -> int:
        """With everything that it started, and what it left in its temporary folder; the exit code."""
        exit_code = sandbox.end(self._process)
        self._streams.abandon()
        for left in self._place.scratch.iterdir() if self._place.scratch.is_dir() else ():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        return exit_code


def _bytes_of(processes: list[psutil.Process], kind: Literal["rss", "pss"]) -> int:
    """`rss` counts shared pages for each, and is quick; `pss` counts them once."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            facts = process.memory_info() if kind == "rss" else process.memory_full_info()
            total += getattr(facts, kind)
    return total


def _telling(on_event: Callable[[Event], None], finder: ProgressFinder) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        on_event(event)
        if isinstance(event, LogLine) and event.stream == "stdout":
            percent = finder.percent(event.text)
            if percent is not None:
                on_event(Progress(percent, ""))

    return tell
