"""What the readers of scenes share: finding the files that a scene names, and answering.

A reader is a program of its own, run in the sandbox with Python's own library only.
"""

import json
import os
import sys

_MOST_LINKS = 5_000
_LARGEST_TEXT = 64 * 1024 * 1024


def answer(read):
    """`read(job, main file)` gives the answer, or raises Unreadable with a sentence."""
    mark, job, name = sys.argv[1:]
    try:
        said = read(os.path.realpath(job), name)
    except Unreadable as failure:
        said = {"error": str(failure)}
    print(f"\n{mark} {json.dumps(said)}", flush=True)


class Unreadable(Exception):
    """The scene can't be read; the text is a sentence for the artist."""


def text_of(path, name):
    """Raises Unreadable."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST_TEXT)
    except OSError:
        raise Unreadable(f"“{name}” is not among the uploaded files.") from None
    if b"\x00" in data[:4096]:
        raise Unreadable(f"“{name}” is no text, as a scene of this software is: upload the scene file itself.")
    return data.decode("utf-8", "replace")


class LinkedFiles:
    """The files a scene names, each once, and whether they were uploaded with it."""

    def __init__(self, job):
        self._job = job
        self._found = {}

    def add(self, name, kind, folders):
        """The path of a file looked for in `folders`, or None where it is nowhere."""
        path = name.replace("\\", "/")
        is_outside = os.path.isabs(path) or path[1:2] == ":"
        there = None if is_outside else is_there(self._job, path, folders)
        if len(self._found) < _MOST_LINKS:
            link = {"path": name, "kind": kind, "is_missing": there is None, "is_outside": is_outside}
            self._found.setdefault((name, kind), link)
        return there

    def as_json(self):
        return list(self._found.values())


def is_there(job, path, folders):
    """The real path of the file below one of the folders, if it lies in the job, or None."""
    for folder in folders:
        candidate = os.path.realpath(os.path.join(folder, path))
        if candidate.startswith(job + os.sep) and os.path.isfile(candidate):
            return candidate
    return None


def other_case(name, folders):
    """A file of the same name but for its capitals: another file to this system, the same one to Windows."""
    wanted = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    for folder in folders:
        if os.path.isdir(folder):
            for there in os.listdir(folder):
                if there.lower() == wanted:
                    return there
    return None


def how_to_bring(name):
    """It may lie in a library that the render is given: that is why a missing file does not block."""
    return f"Upload “{name}” with the scene, or attach a library that has it."


def problem(sentence, remedy, blocks):
    severity = "blocks" if blocks else "warns"
    return {"id": "renderer", "sentence": sentence, "remedy": remedy, "severity": severity}
