"""Attempts that are claimed and end at once, as a test says."""

from farm import scheduler
from farm.node import reports

ERROR = {"code": "ENGINE_FAILED", "message": "The camera is missing.", "debug": ""}
NO_CAMERA = {"code": "NO_CAMERA", "message": "The scene has no camera.", "debug": ""}


def fail(node, message=ERROR["message"], slot="0"):
    attempt = scheduler.claim(node, slot)
    assert reports.failed(attempt, {**ERROR, "message": message})
    return attempt


def fail_for_good(node, slot="0", error=NO_CAMERA):
    attempt = scheduler.claim(node, slot)
    assert reports.failed(attempt, error, is_final=True)
    return attempt


def succeed(node, slot="0"):
    attempt = scheduler.claim(node, slot)
    assert reports.succeeded(attempt, results=[], spent=reports.Spent(execution_seconds=1))
    return attempt
