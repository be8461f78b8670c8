"""A scene that fails everywhere is not tried frame by frame: the task stops early, and says why.

The rule: of a frame, every attempt ended with the same error (two attempts at least, on different machines where
there are any), and nothing else of the task has ended in another way. What renders meanwhile goes on to its end.
Only of renders: instances of other software are commands of their own, which may well differ.

Errors are the same whatever figures stand in them: a sentence may name the memory of the machine it ended on. A number
within a file's name is no figure.
"""

import re
from collections.abc import Mapping

from farm import lifecycle
from farm.engines import profiles
from farm.models import Attempt, Instance, InstanceState, Task

CODE = "SCENE_FAILS"
LEAST_ATTEMPTS = 2
_FIGURE = re.compile(r"(?<!\S)\d[\d.,]*(?!\S)")


def stop_if_it_is_the_scenes(attempt: Attempt) -> None:
    """After an instance has failed for good. Idempotent."""
    task = attempt.instance.task
    profile = profiles.all_profiles().get(task.profile)
    if profile is None or not profile.are_instances_frames:
        return
    tries = attempt.instance.attempts.filter(outcome=Attempt.Outcome.FAILURE)
    errors = [one.error or {} for one in tries]
    if len(errors) < LEAST_ATTEMPTS or len({_kind(error) for error in errors}) > 1:
        return
    if _has_ended_otherwise(task, errors[0]):
        return
    machine_count = len({one.node_id for one in tries})
    message = errors[0].get("message", "")
    lifecycle.fail_waiting(task, CODE, _sentence(attempt.instance.frame, len(errors), machine_count, message))


def has_stopped(task: Task) -> bool:
    """Whether the rest of the task is not tried any more."""
    return task.instances.filter(state=InstanceState.FAILURE, error__code=CODE).exists()


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


def _sentence(frame: int, attempt_count: int, machine_count: int, message: str) -> str:
    where = f"on {machine_count} machines" if machine_count > 1 else "each time"
    return (
        f"Frame {frame} failed {attempt_count} times {where} with the same error, so the rest was not tried: {message}"
    )
