"""A scene that fails everywhere is not tried frame by frame: the task stops early, and says why.

The rule: of a frame, every attempt ended with the same error (two attempts at least, on different machines where
there are any), or several frames ended with the same final error, with which nothing is tried again; and
nothing else of the task has ended in another way. What renders meanwhile goes on to its end.
Only of renders: instances of other software are commands of their own, which may well differ.

Errors are the same whatever figures stand in them: a sentence may name the memory of the machine it ended on. A number
within a file's name is no figure.
"""

import re
from collections.abc import Mapping

from farm import lifecycle, ranges, tiles
from farm.engines import profiles
from farm.models import Attempt, Instance, InstanceState, Task

CODE = "SCENE_FAILS"
LEAST_ATTEMPTS = 2
LEAST_FRAMES = 3
"""With the same final error. Two may be neighbours at the film's beginning that lack the same file."""
_FIGURE = re.compile(r"(?<!\S)\d[\d.,]*(?!\S)")


def stop_if_it_is_the_scenes(attempt: Attempt, error: Mapping[str, str], *, is_final: bool) -> None:
    """After an instance has failed for good, with this error. Idempotent."""
    task = attempt.instance.task
    profile = profiles.all_profiles().get(task.profile)
    if profile is None or not profile.are_instances_frames:
        return
    failed = _frames_that_failed(task) if is_final else _tries_that_failed(attempt.instance)
    if failed and not _has_ended_otherwise(task, error):
        sentence = f"{failed} with the same error, so the rest was not tried: {error.get('message', '')}"
        lifecycle.fail_waiting(task, CODE, sentence)


def has_stopped(task: Task) -> bool:
    """Whether the rest of the task is not tried any more."""
    return task.instances.filter(state=InstanceState.FAILURE, error__code=CODE).exists()


def _frames_that_failed(task: Task) -> str:
    """The beginning of the sentence, where enough ended with a final error; else empty. A still picture in tiles, or
    two, have no more frames to ask for."""
    has_failed = {"attempts__outcome": Attempt.Outcome.FAILURE, "attempts__error__is_final": True}
    failed = task.instances.filter(**has_failed).order_by("frame").values_list("frame", flat=True)
    frames = list(failed.distinct()[:LEAST_FRAMES])
    frame_count = task.total_instance_count // tiles.parts_of_frame(task.tile_side)
    if len(frames) < min(LEAST_FRAMES, frame_count) or failed.count() < LEAST_FRAMES:
        return ""
    return f"Frames {ranges.write(frames)} failed" if len(frames) > 1 else f"Tiles of frame {frames[0]} failed"


def _tries_that_failed(instance: Instance) -> str:
    """The same of a frame's attempts."""
    tries = instance.attempts.filter(outcome=Attempt.Outcome.FAILURE)
    if len(tries) < LEAST_ATTEMPTS or len({_kind(one.error or {}) for one in tries}) > 1:
        return ""
    machine_count = len({one.node_id for one in tries})
    where = f"on {machine_count} machines" if machine_count > 1 else "each time"
    return f"Frame {instance.frame} failed {len(tries)} times {where}"


def _kind(error: Mapping[str, str]) -> tuple[str, str]:
    """What two errors have in common that are the same."""
    return error.get("code", ""), _FIGURE.sub("", error.get("message", ""))


def _has_ended_otherwise(task: Task, error: Mapping[str, str]) -> bool:
    """Of the errors only those are read that aren't the same to the letter."""
    if Instance.objects.filter(task=task, state=InstanceState.SUCCESS).exists():
        return True
    failed = Attempt.objects.filter(instance__task=task, outcome=Attempt.Outcome.FAILURE)
    others = failed.exclude(error__code=error.get("code", ""), error__message=error.get("message", ""))
    return any(_kind(other or {}) != _kind(error) for other in others.values_list("error", flat=True).iterator())
