"""One engine in its sandbox: started once, kept warm, given one order (a frame) after another."""

import contextlib
import json
import os
import select
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, Self

import sandbox
from farm.engines import endings
from farm.engines.events import STOPPED, Began, Event, Outcome
from farm.engines.host_program import HostProgram, readable_folders, start_command
from farm.engines.order import Order
from farm.engines.profile import EnginePlace, InstanceOrder, Profile
from farm.engines.streams import Streams

_LISTEN_SECONDS = 0.1
_END_SECONDS = 5.0
_PIECE_BYTES = 4096
"""A pipe that has room has room for so many (PIPE_BUF)."""


class EngineProcess:
    """Not for two threads at once. A crash, a stop or another scene ends the process; the next order starts one."""

    def __init__(self, profile: Profile, place: EnginePlace, host: HostProgram) -> None:
        self._profile = profile
        self._place = place
        self._host = host
        self._job = place.job.absolute()
        self._scratch = place.scratch.absolute()
        self._process: subprocess.Popen[bytes] | None = None
        self._streams = Streams()
        self._constants: dict[str, str] | None = None

    @property
    def pid(self) -> int:
        """Of the sandbox, whose children the engine is; 0 where none runs."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Returns at once; the engine imports itself meanwhile. Raises OSError, sandbox.MissingTool."""
        self.close()
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._streams = Streams()
        with self._streams.written_by_a_process() as (output, error):
            self._process = self._launch(output, error)
        job = sandbox.job_path(self._job, self._place.tier)
        greeting = {"nonce": self._streams.nonce, "job": job, "threads": self._place.threads}
        self._send({**self._host.greeting, **greeting})

    def _launch(self, output: int, error: int) -> "subprocess.Popen[bytes]":
        return sandbox.launch(
            start_command(self._profile, self._host.path),
            job=self._job,
            read_only=[*readable_folders(self._profile, self._host.path), *self._host.readable],
            environment={
                "LANG": "C.UTF-8",
                "OMP_NUM_THREADS": str(self._place.threads),
                **self._host.environment,
            },
            limits=self._place.limits,
            tier=self._place.tier,
            scratch=self._scratch,
            relay=self._place.relay,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=error,
        )

    def run(
        self, instance: InstanceOrder, on_event: Callable[[Event], None], should_stop: Callable[[], bool]
    ) -> Outcome:
        """Render one frame or tile. Another order of the same constants finds the scene still loaded."""
        constants = self._constants_of(instance.environment)
        if self._process is None or self._process.poll() is not None or self._constants not in (None, constants):
            self.start()
            on_event(Began())
        self._constants = constants
        order = Order(self._place.limits.wall_seconds, on_event)
        place = {"frame": instance.frame, "part": instance.part, "tile_side": instance.tile_side}
        message = {**place, "constants": constants, "environment": dict(instance.environment)}
        self._send(message, lambda: should_stop() or order.is_late)
        while not order.is_over:
            heard = self._streams.next(_LISTEN_SECONDS)
            if heard is not None:
                order.take(heard)
            # Asked by time and not by quiet: an engine that never stops printing stops too.
            if order.is_time_to_look() and (should_stop() or order.is_late):
                return self._stopped(order)
        return self._outcome(order)

    def _constants_of(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Those of the profile: what else is in an environment differs from frame to frame."""
        defaults = {constant.name: constant.default for constant in self._profile.constants}
        return {name: environment.get(name) or default for name, default in defaults.items()}

    def _send(self, message: dict[str, Any], should_give_up: Callable[[], bool] = lambda: False) -> None:
        """An engine that has just ended is found out by the end of its output.

        A scene may have made it one that reads no more, and an order may be longer than the pipe.
        """
        if not self._process or not self._process.stdin:
            return
        descriptor = self._process.stdin.fileno()
        os.set_blocking(descriptor, False)
        left = json.dumps(message).encode() + b"\n"
        has_room = select.poll()
        has_room.register(descriptor, select.POLLOUT)
        with contextlib.suppress(BrokenPipeError):
            while left and not should_give_up():
                if has_room.poll(1000 * _LISTEN_SECONDS):
                    left = left[os.write(descriptor, left[:_PIECE_BYTES]) :]

    def _stopped(self, order: Order) -> Outcome:
        is_late = order.is_late
        exit_code = self._end()
        if is_late:
            return order.outcome(exit_code, "TIME_LIMIT", endings.too_long(self._place.limits.wall_seconds))
        return order.outcome(exit_code, STOPPED, "The render was stopped.")

    def _outcome(self, order: Order) -> Outcome:
        if order.result is None:
            exit_code = self._end()
            return order.outcome(exit_code or 1, *self._explained(exit_code, order))
        code, sentence = str(order.result.get("error_code", "")), str(order.result.get("error_message", ""))
        if not code and self._profile.makes_pictures and not any(self._is_picture(path) for path in order.files):
            code = "NO_PICTURE"
            sentence = f"{self._profile.software} finished the frame and left no picture; the log says more."
        if code:
            self._end()
        return order.outcome(1 if code else 0, code, sentence)

    def _explained(self, exit_code: int, order: Order) -> tuple[str, str]:
        memory_mb = self._place.limits.memory_mb
        return endings.explain(exit_code, order.last_lines, self._profile.software, order.engine, memory_mb)

    def _is_picture(self, path: str) -> bool:
        """The engine's word is not enough: a scene may have forged it."""
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            return False
        try:
            facts = os.lstat(self._job / path)
        except OSError:
            return False
        return stat.S_ISREG(facts.st_mode) and facts.st_size > 0

    def _end(self) -> int:
        process, self._process, self._constants = self._process, None, None
        if process is None:
            return 1
        exit_code = sandbox.end(process, _END_SECONDS)
        self._streams.abandon()
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        for left in self._scratch.iterdir() if self._scratch.is_dir() else ():
            shutil.rmtree(left, ignore_errors=True)
        return exit_code

    def close(self) -> None:
        """Ends the engine with everything it started, and empties its scratch folder."""
        if self._process is not None:
            self._end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
