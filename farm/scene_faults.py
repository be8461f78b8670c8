"""A scene that fails everywhere is not tried frame by frame: the task stops early, and says why.

The rule: of a frame, every attempt ended with the same error (two attempts at least, on different machines where
there are any), and nothing else of the task has ended in another way. What renders meanwhile goes on to its end.
Only of renders: instances of other software are commands of their own, which may well differ.
"""

from farm import lifecycle
from farm.engines import profiles
from farm.models import Attempt, Instance, InstanceState, Task

CODE = "SCENE_FAILS"
LEAST_ATTEMPTS = 2


def stop_if_it_is_the_scenes(attempt: Attempt) -> None:
    """After an instance has failed for good. Idempotent."""
    task = attempt.instance.task
    profile = profiles.all_profiles().get(task.profile)
    if profile is None or not profile.are_instances_frames:
        return
    tries = attempt.instance.attempts.filter(outcome=Attempt.Outcome.FAILURE)
    errors = [(one.error or {}).get("message", "") for one in tries]
    if len(errors) < LEAST_ATTEMPTS or len(set(errors)) > 1 or _has_ended_otherwise(task, errors[0]):
        return
    machine_count = len({one.node_id for one in tries})
    lifecycle.fail_waiting(task, CODE, _sentence(attempt.instance.frame, len(errors), machine_count, errors[0]))


def has_stopped(task: Task) -> bool:
    """Whether the rest of the task is not tried any more."""
    return task.instances.filter(state=InstanceState.FAILURE, error__code=CODE).exists()


def _has_ended_otherwise(task: Task, message: str) -> bool:
    if Instance.objects.filter(task=task, state=InstanceState.SUCCESS).exists():
        return True
    failed = Attempt.objects.filter(instance__task=task, outcome=Attempt.Outcome.FAILURE)
    return failed.exclude(error__message=message).exists()


def _sentence(frame: int, attempt_count: int, machine_count: int, message: str) -> str:
    where = f"on {machine_count} machines" if machine_count > 1 else "each time"
    return (
        f"Frame {frame} failed {attempt_count} times {where} with the same error, so the rest was not tried: {message}"
    )
