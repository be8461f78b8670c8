"""The frame list as an artist types it: `1-10`, `1,5,9`, `20-160x20`, and any of these with commas between."""

import re
from collections.abc import Sequence

MOST_FRAMES = 100_000
LAST_FRAME = 1_048_574
"""The last frame Blender has."""
LONGEST_TEXT = 20_000

_PIECE = re.compile(r"(-?\d{1,9})(?:\s*-\s*(-?\d{1,9})(?:\s*[x×]\s*(\d{1,9}))?)?")


class FrameListError(ValueError):
    """Why a frame list can't be read, as a sentence for the page."""


def parse(text: str) -> list[int]:
    """The frames in rising order, each once. Raises FrameListError."""
    text = text.strip().replace("–", "-").replace("−", "-")
    if not text:
        raise FrameListError("No frames yet. Write for example 1-10, or 1,5,9, or 20-160x20.")
    if len(text) > LONGEST_TEXT:
        raise FrameListError("This frame list is too long to read. Use ranges such as 1-250.")
    frames: set[int] = set()
    for piece in (part.strip() for part in text.split(",")):
        frames.update(_frames_of(piece))
        if len(frames) > MOST_FRAMES:
            raise FrameListError(f"More than {MOST_FRAMES:,} frames. Split them into several renders.")
    return sorted(frames)


def _frames_of(piece: str) -> range:
    if not piece:
        raise FrameListError("There is a comma with nothing beside it. Write for example 1,5,9.")
    match = _PIECE.fullmatch(piece)
    if match is None:
        raise FrameListError(f"“{piece[:40]}” is not a frame or a range. Write for example 5, 1-10 or 20-160x20.")
    first = int(match[1])
    last = int(match[2]) if match[2] is not None else first
    step = int(match[3]) if match[3] is not None else 1
    if first < 0 or last < 0:
        raise FrameListError("The farm renders frames from 0 on. Move the animation so that it starts at 0 or later.")
    if last > LAST_FRAME or first > LAST_FRAME:
        raise FrameListError(f"Blender's last frame is {LAST_FRAME:,}.")
    if last < first:
        raise FrameListError(f"“{piece}” runs backwards. Write {last}-{first}.")
    if step < 1:
        raise FrameListError(f"“{piece}” never moves on. The number after x is at least 1.")
    if (last - first) // step >= MOST_FRAMES:
        raise FrameListError(f"More than {MOST_FRAMES:,} frames. Split them into several renders.")
    return range(first, last + 1, step)


def sentence(frames: Sequence[int]) -> str:
    """The list said back: `18 frames: 1–10, 20–160 by 20`."""
    count = len(frames)
    if not count:
        return "No frames"
    return f"{count:,} frame{'s' if count > 1 else ''}: {spoken(frames)}"


def spoken(frames: Sequence[int], most: int = 12) -> str:
    """Only the runs: `1–10, 20–160 by 20`; after `most` of them, `…`."""
    runs = _runs(frames)
    words = [_spoken_run(run) for run in runs[:most]]
    if len(runs) > most:
        words.append(f"… {frames[-1]}")
    return ", ".join(words)


def _spoken_run(run: range) -> str:
    if len(run) == 1:
        return str(run.start)
    by = f" by {run.step}" if run.step > 1 else ""
    return f"{run.start}–{run[-1]}{by}"


def _runs(frames: Sequence[int]) -> list[range]:
    runs = []
    at = 0
    while at < len(frames):
        run = _run_from(frames, at)
        if len(run) == 2 and (run.step > 1 or len(_run_from(frames, at + 1)) > 2):
            run = range(frames[at], frames[at] + 1)
        runs.append(run)
        at += len(run)
    return runs


def _run_from(frames: Sequence[int], at: int) -> range:
    if at + 1 >= len(frames):
        return range(frames[at], frames[at] + 1)
    step = frames[at + 1] - frames[at]
    end = at + 1
    while end + 1 < len(frames) and frames[end + 1] - frames[end] == step:
        end += 1
    return range(frames[at], frames[end] + 1, step)


def to_ranges(frames: Sequence[int]) -> str:
    """Qarnot's grammar, which knows no step: `1-10,20,40`."""
    pieces = []
    at = 0
    while at < len(frames):
        end = at
        while end + 1 < len(frames) and frames[end + 1] == frames[end] + 1:
            end += 1
        pieces.append(str(frames[at]) if end == at else f"{frames[at]}-{frames[end]}")
        at = end + 1
    return ",".join(pieces)
