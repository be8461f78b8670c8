"""What is known of one order while an engine carries it out: its files, its last lines, its result."""

import collections
import contextlib
import time
from collections.abc import Callable
from typing import Any

from farm.engines.events import Event, FileWritten, LogLine, Outcome, Progress
from farm.engines.streams import Heard

_LOOK_EVERY_SECONDS = 0.1
_LAST_LINES = 40


class Order:
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
