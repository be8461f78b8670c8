"""Reads what an engine prints: bounded lines and marked events, in the order they were written."""

import contextlib
import json
import os
import queue
import secrets
import threading
from collections.abc import Iterator
from typing import Any

from farm.engines.events import StreamName

LONGEST_LINE_BYTES = 4096
_READ_BYTES = 65536
_MOST_WAITING = 2000
_RECORD = b"\x1e"


class LineSplitter:
    """Cuts bytes into lines of at most LONGEST_LINE_BYTES, keeping no more than one line back.

    The host program sets a line break before each event, in case a line is unfinished; where
    none was, that leaves an empty line, which is dropped again here.
    """

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._rest = b""
        self._owes_empty_line = False
        self._is_continued = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            yield from self._whole(line)
        while len(self._rest) > LONGEST_LINE_BYTES:
            piece, self._rest = self._rest[:LONGEST_LINE_BYTES], self._rest[LONGEST_LINE_BYTES:]
            yield from self._owed()
            self._is_continued = True
            yield piece

    def finish(self) -> Iterator[bytes]:
        if self._rest:
            yield from self._whole(self._rest)
            self._rest = b""

    def _whole(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._is_continued:  # only the break of a line that came in pieces
                self._is_continued = False
                return
            yield from self._owed()
            self._owes_empty_line = True
            return
        if line.startswith(self._mark):
            self._owes_empty_line = False
        yield from self._owed()
        self._is_continued = False
        for start in range(0, len(line), LONGEST_LINE_BYTES):
            yield line[start : start + LONGEST_LINE_BYTES]

    def _owed(self) -> Iterator[bytes]:
        if self._owes_empty_line:
            self._owes_empty_line = False
            yield b""


class Heard:
    """One thing from a stream: a line of text, an event, or (neither) its end."""

    __slots__ = ("event", "stream", "text")

    def __init__(self, stream: StreamName, text: str | None = None, event: dict[str, Any] | None = None) -> None:
        self.stream = stream
        self.text = text
        self.event = event


class Streams:
    """Both outputs of one process, read by a thread each into one short queue.

    The queue is bounded: an engine that prints faster than it is listened to waits.
    """

    def __init__(self) -> None:
        self.nonce = secrets.token_hex(16)
        self._mark = _RECORD + self.nonce.encode() + b" "
        self._heard: queue.Queue[Heard] = queue.Queue(_MOST_WAITING)
        self._is_abandoned = threading.Event()

    @contextlib.contextmanager
    def written_by_a_process(self) -> Iterator[tuple[int, int]]:
        """Descriptors for the standard output and error of a process that is started meanwhile."""
        output, error = os.pipe(), os.pipe()
        try:
            yield output[1], error[1]
        finally:
            os.close(output[1])
            os.close(error[1])
            self.read("stdout", output[0])
            self.read("stderr", error[0])

    def read(self, stream: StreamName, descriptor: int) -> None:
        """Takes the descriptor over."""
        threading.Thread(target=self._read, args=(stream, descriptor), name=f"engine {stream}", daemon=True).start()

    def next(self, seconds: float) -> Heard | None:
        """None when nothing came within `seconds`."""
        try:
            return self._heard.get(timeout=seconds)
        except queue.Empty:
            return None

    def abandon(self) -> None:
        """Nobody listens any more: the threads read on to the end, for nobody."""
        self._is_abandoned.set()

    def _read(self, stream: StreamName, descriptor: int) -> None:
        splitter = LineSplitter(self._mark)
        try:
            while data := os.read(descriptor, _READ_BYTES):
                for line in splitter.feed(data):
                    self._put(self._understood(stream, line))
            for line in splitter.finish():
                self._put(self._understood(stream, line))
        finally:
            os.close(descriptor)
            self._put(Heard(stream))

    def _understood(self, stream: StreamName, line: bytes) -> Heard:
        if line.startswith(self._mark):
            try:
                event = json.loads(line[len(self._mark) :])
            except ValueError:
                event = None
            if isinstance(event, dict):
                return Heard(stream, event=event)
        text = line.rstrip(b"\r").decode(errors="replace").replace("\x00", "\ufffd")
        return Heard(stream, text=text)

    def _put(self, heard: Heard) -> None:
        while not self._is_abandoned.is_set():
            with contextlib.suppress(queue.Full):
                self._heard.put(heard, timeout=0.2)
                return
