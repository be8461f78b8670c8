"""An attempt's lines on their way to the farm: gathered to chunks, in order, each sent until it is stored.

A chunk keeps its number and its text until it is stored, so that sending it again is harmless.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from farm import output, secrets
from farm.models import Attempt

CHUNK_CHARACTERS = 64 * 1024
FULL_AT_CHARACTERS = 4 * 1024 * 1024
"""The engine waits above this, so that a flood of lines costs the scene's time and not the node's memory."""
SHIPPED_WITHIN_SECONDS = 60.0
"""Longer than the pulse keeps work that it can't ship: a pulse that has not made room by then is dead."""
_KEPT_CHARACTERS = output.LONGEST_ATTEMPT + CHUNK_CHARACTERS


@dataclass
class _Stream:
    name: output.Stream
    lines: deque[str] = field(default_factory=deque)
    unsent: str = ""
    sequence: int = 0


class Output:
    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._streams: dict[str, _Stream] = {"stdout": _Stream("stdout"), "stderr": _Stream("stderr")}
        self._size = 0
        self._total = 0
        self._hidden: list[str] = []
        self._is_closed = False
        self._room = threading.Condition()
        self._shipping = threading.Lock()

    def hide(self, values: list[str]) -> None:
        """From here on none of these leaves the node; longer ones first."""
        self._hidden = values

    def masked(self, text: str) -> str:
        return secrets.masked(text, self._hidden)

    def add(self, stream: str, text: str) -> None:
        """Takes a line. Waits while FULL_AT_CHARACTERS lie here, but closes after SHIPPED_WITHIN_SECONDS of it.

        After close, and past the kept length, the line is dropped.
        """
        line = self.masked(text.rstrip("\r\n")) + "\n"
        with self._room:
            has_room = self._room.wait_for(
                lambda: self._size < FULL_AT_CHARACTERS or self._is_closed, SHIPPED_WITHIN_SECONDS
            )
            self._is_closed = self._is_closed or not has_room
            if self._is_closed or self._total > _KEPT_CHARACTERS:
                return
            self._streams[stream].lines.append(line)
            self._size += len(line)
            self._total += len(line)

    def ship(self) -> None:
        """Sends all that is here. Raises the database's errors; what was not stored is sent by the next call."""
        with self._shipping:
            for stream in self._streams.values():
                while self._fill(stream):
                    output.append(self._attempt, stream.name, stream.sequence, stream.unsent)
                    stream.sequence += 1
                    stream.unsent = ""

    def close(self) -> None:
        """Nobody wants more of it: an engine that waits for room goes on at once."""
        with self._room:
            self._is_closed = True
            self._room.notify_all()

    def _fill(self, stream: _Stream) -> bool:
        if stream.unsent:
            return True
        taken: list[str] = []
        length = 0
        with self._room:
            while stream.lines and length < CHUNK_CHARACTERS:
                taken.append(stream.lines.popleft())
                length += len(taken[-1])
            self._size -= length
            self._room.notify_all()
        stream.unsent = "".join(taken)
        return bool(taken)
