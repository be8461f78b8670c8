"""One engine in its sandbox: started once, kept warm, given one order (a frame) after another."""

import collections
import contextlib
import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

import sandbox
from farm.engines import endings
from farm.engines.blender.opengl import shader_seed
from farm.engines.events import STOPPED, Event, FileWritten, LogLine, Outcome, Progress
from farm.engines.installation import readable_folders, start_command
from farm.engines.profile import Profile
from farm.engines.streams import Heard, Streams

__all__ = ["EngineProcess", "Event", "FileWritten", "LogLine", "Outcome", "Progress"]

_LOOK_EVERY_SECONDS = 0.1
_LAST_LINES = 40
_END_SECONDS = 5.0


class EngineProcess:
    """Not for two threads at once. A crash, a stop or another scene ends the process; the next order starts one."""

    def __init__(
        self,
        profile: Profile,
        job_folder: Path,
        *,
        threads: int,
        tier: sandbox.Tier,
        limits: sandbox.Limits,
        scratch: Path,
    ) -> None:
        self._profile = profile
        self._job = job_folder.absolute()
        self._threads = threads
        self._tier = tier
        self._limits = limits
        self._scratch = scratch.absolute()
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
        output, error = os.pipe(), os.pipe()
        try:
            self._process = self._launch(output[1], error[1])
        finally:
            os.close(output[1])
            os.close(error[1])
            self._streams.read("stdout", output[0])
            self._streams.read("stderr", error[0])
        seed = shader_seed(self._profile)
        self._send(
            {
                "nonce": self._streams.nonce,
                "job": sandbox.job_path(self._job, self._tier),
                "threads": self._threads,
                "shader_seed": str(seed) if seed else None,
            }
        )

    def _launch(self, output: int, error: int) -> "subprocess.Popen[bytes]":
        seed = shader_seed(self._profile)
        temporary = "/tmp" if self._tier == sandbox.Tier.A else str(self._scratch)  # noqa: S108 (the sandbox's own)
        return sandbox.launch(
            start_command(self._profile, self._profile.host),
            job=self._job,
            read_only=[*readable_folders(self._profile, self._profile.host), *([seed] if seed else [])],
            environment={
                "LANG": "C.UTF-8",
                "LP_NUM_THREADS": str(self._threads),
                "OMP_NUM_THREADS": str(self._threads),
                "MESA_SHADER_CACHE_DIR": f"{temporary}/shaders",
                "BLENDER_USER_RESOURCES": f"{temporary}/blender",
            },
            limits=self._limits,
            tier=self._tier,
            scratch=self._scratch,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=error,
        )

    def run(
        self,
        instance_id: int,
        environment: dict[str, str],
        on_event: Callable[[Event], None],
        should_stop: Callable[[], bool],
    ) -> Outcome:
        """Render one frame. `on_event` is called in this thread; `should_stop` is asked several times a second.

        Raises OSError or sandbox.MissingTool where no engine can be started.
        """
        constants = self._constants_of(environment)
        if self._process is None or self._process.poll() is not None or self._constants not in (None, constants):
            self.start()
        self._constants = constants
        order = _Order(self._limits.wall_seconds, on_event)
        self._send({"frame": instance_id, "constants": constants})
        while not order.is_over:
            heard = self._streams.next(_LOOK_EVERY_SECONDS)
            if heard is not None:
                order.take(heard)
            # Asked by time and not by quiet: an engine that never stops printing stops too.
            if order.is_time_to_look() and (should_stop() or order.is_late):
                return self._stopped(order)
        return self._outcome(order)

    def _constants_of(self, environment: dict[str, str]) -> dict[str, str]:
        """Those of the profile: what else is in an environment differs from frame to frame."""
        defaults = {constant.name: constant.default for constant in self._profile.constants}
        return {name: environment.get(name) or default for name, default in defaults.items()}

    def _send(self, message: dict[str, Any]) -> None:
        """An engine that has just ended is found out by the end of its output."""
        if self._process and self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(message).encode() + b"\n")
                self._process.stdin.flush()

    def _stopped(self, order: "_Order") -> Outcome:
        is_late = order.is_late
        exit_code = self._end()
        if is_late:
            return order.outcome(exit_code, "TIME_LIMIT", endings.too_long(self._limits.wall_seconds))
        return order.outcome(exit_code, STOPPED, "The render was stopped.")

    def _outcome(self, order: "_Order") -> Outcome:
        if order.result is None:
            exit_code = self._end()
            code, sentence = endings.explain(exit_code, order.last_lines, order.engine, self._limits.memory_mb)
            return order.outcome(exit_code or 1, code, sentence)
        code, sentence = str(order.result.get("error_code", "")), str(order.result.get("error_message", ""))
        if not code and not any(self._is_picture(path) for path in order.files):
            code, sentence = "NO_PICTURE", "Blender finished the frame and left no picture; the log says more."
        if code:
            self._end()
        return order.outcome(1 if code else 0, code, sentence)

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


class _Order:
    """What is known of one order while it is carried out."""

    def __init__(self, wall_seconds: float, on_event: Callable[[Event], None]) -> None:
        self.began = time.monotonic()
        self.loaded_at: float | None = None
        self.result: dict[str, Any] | None = None
        self.engine = ""
        self.files: list[str] = []
        self.last_lines: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._deadline = self.began + wall_seconds
        self._look_at = self.began
        self._on_event = on_event
        self._open_streams = {"stdout", "stderr"}

    @property
    def is_over(self) -> bool:
        """Both streams have said their last of it."""
        return not self._open_streams

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def is_time_to_look(self) -> bool:
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY_SECONDS
        return True

    def take(self, heard: Heard) -> None:
        if heard.text is not None:
            self.last_lines.append(heard.text)
            self._on_event(LogLine(heard.stream, heard.text))
        elif heard.event is None:
            self._open_streams.discard(heard.stream)
        else:
            self._take_event(heard)

    def _take_event(self, heard: Heard) -> None:
        event = heard.event or {}
        match event.get("event"):
            case "loaded":
                self.loaded_at = time.monotonic()
                self.engine = str(event.get("engine", ""))
            case "progress":
                with contextlib.suppress(TypeError, ValueError):
                    self._on_event(Progress(float(event.get("percent", 0)), str(event.get("note", ""))))
            case "file":
                self.files.append(str(event.get("path", "")))
                self._on_event(FileWritten(self.files[-1]))
            case "result":
                if heard.stream == "stdout":
                    self.result = event
                self._open_streams.discard(heard.stream)

    def outcome(self, exit_code: int, code: str, sentence: str) -> Outcome:
        ended = time.monotonic()
        loaded_at = self.loaded_at or ended
        return Outcome(
            exit_code=exit_code,
            error_code=code,
            error_message=sentence,
            execution_seconds=ended - loaded_at,
            load_seconds=loaded_at - self.began,
        )
