"""Asks the nodes to look into a task's resource buckets again while it runs."""

from django.db.models import F
from django.utils import timezone

from farm import lifecycle
from farm.models import Task, TaskState
from farm.submission import Refused


def bring_again(task: Task) -> None:
    """What is new or changed in the buckets is laid into the job folders at the next heartbeat; nothing is removed.

    Raises Refused 400 where nothing runs yet, or any more: an instance reads its buckets when it starts anyway.
    """
    running = lifecycle.LIVE_STATES - {TaskState.SUBMITTED}
    changed = Task.objects.filter(pk=task.pk, state__in=running).update(
        resources_version=F("resources_version") + 1, modified_at=timezone.now()
    )
    if not changed:
        raise Refused(400, f"Task is not running: it is {task.state}.")
