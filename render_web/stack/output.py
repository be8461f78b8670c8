"""Where the processes' lines go: all to a file, to the terminal only what an operator must see."""

import re
from collections import deque
from pathlib import Path
from typing import Any, TextIO

KEPT_BYTES = 20_000_000
_STOPPED = re.compile(r"(\S+) stopped \(rc=-?\d+\)")
"""honcho's own word of a process that ended, in the order they end."""


class StackLog:
    """A honcho printer: every line to `file`; remembers each process's last lines for its obituary."""

    width = 0

    def __init__(self, file: Path) -> None:
        if file.exists() and file.stat().st_size > KEPT_BYTES:
            file.replace(file.with_suffix(".old.log"))
        file.parent.mkdir(parents=True, exist_ok=True)
        self._out: TextIO = file.open("a", encoding="utf-8", buffering=1)
        self._last_lines: dict[str, deque[str]] = {}
        self.first_ended = ""
        """The process that ended before all the others, which are ended because of it."""

    def write(self, message: Any) -> None:
        text = message.data.decode(errors="replace") if isinstance(message.data, bytes) else str(message.data)
        text = text.rstrip("\n")
        if not self.first_ended and message.name == "system" and (ended := _STOPPED.fullmatch(text)):
            self.first_ended = ended[1]
        self._out.write(f"{message.time:%Y-%m-%d %H:%M:%S} {message.name:<8} {text}\n")
        self._last_lines.setdefault(message.name, deque(maxlen=12)).append(text)

    def last_lines(self, name: str) -> list[str]:
        return list(self._last_lines.get(name, ()))
