"""How the host program speaks: log lines as they are, and events in lines that begin with the farm's mark."""

import json
import os
import sys

_RECORD = "\x1e"
_LONGEST_TEXT = 1500
"""With it an event stays below the 4096 bytes that a pipe takes in one piece."""


class Fault(Exception):
    """What an artist is told: a code, and a sentence that says what happened and what to do."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Speaker:
    """Events go between the log lines, so that each line is known to belong to its frame."""

    def __init__(self, nonce, libc):
        self._mark = _RECORD + nonce + " "
        self._libc = libc

    def say(self, text):
        """A line of the log."""
        print(text, flush=True)

    def event(self, kind, **facts):
        facts = {name: _short(value) for name, value in facts.items()}
        self._write(1, json.dumps({"event": kind, **facts}))

    def result(self, **facts):
        """The last word of an order, on both streams: nothing of it comes after."""
        self.event("result", **facts)
        self._write(2, json.dumps({"event": "result"}))

    def _write(self, descriptor, text):
        """A line break first: what Blender printed may have none. The farm drops it if it was not needed."""
        self._libc.fflush(None)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(descriptor, f"\n{self._mark}{text}\n".encode())


def _short(value):
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value
