"""Machines that keep failing: others go first for some hours, or until the operator forgives them.

A failure is a machine's own when others do better with the same render, or when it fails at renders of all kinds;
a scene that fails everywhere says nothing of a machine, nor does an error that is the order's own. A machine that is
the only one for a render still takes it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from farm import wakes
from farm.models import Attempt, Instance, Node, Task

FAILURES_IN_A_ROW = 5
DIFFERENT_TASKS = 3
"""So many renders that it failed at in a row are no accident."""
AVOIDED_FOR = timedelta(hours=3)
_SILENCE = timedelta(minutes=1)
"""Within so long all slots of a machine that went silent are found lost."""
_MOST_READ = 100
_FAILURES = (Attempt.Outcome.FAILURE, Attempt.Outcome.UNABLE, Attempt.Outcome.LOST)


def is_avoided(node: Node) -> bool:
    return node.avoided_until is not None and node.avoided_until > timezone.now()


def avoided() -> Q:
    """The same of rows."""
    return Q(avoided_until__isnull=False, avoided_until__gt=timezone.now())


def taking(fitting: Sequence[Node]) -> list[Node]:
    """Of the live machines that fit a task, those that take it: avoided ones only where there are no others."""
    return [node for node in fitting if not is_avoided(node)] or list(fitting)


def trusted_instead_of(node: Node) -> list[Node]:
    """The live machines that go before this one because it is avoided; none where it is as good as they."""
    if not is_avoided(node):
        return []
    return [other for other in wakes.live_nodes() if other.pk != node.pk and not is_avoided(other)]


def note_failure(attempt: Attempt) -> None:
    """After an attempt has failed, was lost, or its machine was unable: avoids the machine if it keeps failing."""
    if attempt.node_id is None:
        return
    telling = _failures_that_tell(attempt.node_id)
    if telling:
        Node.objects.filter(~avoided(), pk=attempt.node_id).update(
            avoided_until=timezone.now() + AVOIDED_FOR, avoided_reason=_reason(telling)
        )
    _pardon_others(attempt.node_id, attempt.instance.task_id)


def _pardon_others(node_id: int, task_uuid: UUID) -> None:
    """Those avoided for failures that befall this machine too: a slot of each had failed before another was asked."""
    failed = Attempt.objects.filter(instance__task=task_uuid, outcome=Attempt.Outcome.FAILURE)
    others = Node.objects.filter(avoided(), Exists(failed.filter(node=OuterRef("pk")))).exclude(pk=node_id)
    forgiven = [node.pk for node in others if not _failures_that_tell(node.pk)]
    if forgiven:
        forgive(Node.objects.filter(pk__in=forgiven))


def note_success(node_id: int | None) -> None:
    """It renders again. Asked before it is written: nearly every success is of a machine that nobody avoids."""
    avoided = Node.objects.filter(pk__in=[] if node_id is None else [node_id], avoided_until__isnull=False)
    if avoided.exists():
        avoided.update(avoided_until=None, avoided_reason="")


def forgive(nodes: QuerySet[Node]) -> int:
    """The operator's word that they are sound again. Returns how many were avoided."""
    forgiven = nodes.filter(avoided()).update(avoided_until=None, avoided_reason="")
    if forgiven:
        wakes.wake()
    return forgiven


def _failures_that_tell(node_id: int) -> list[Attempt]:
    """The newest of a machine that keeps failing, as many as it takes; none of one that doesn't."""
    failures = _failures_in_a_row(node_id)
    if len(failures) >= FAILURES_IN_A_ROW:
        failures = _without_what_fails_everywhere(failures, node_id)
    last = failures[:FAILURES_IN_A_ROW]
    is_of_all_kinds = len({one.instance.task_id for one in last}) >= DIFFERENT_TASKS
    if len(last) < FAILURES_IN_A_ROW or not (is_of_all_kinds or _rendered_elsewhere(node_id, last).exists()):
        return []
    return last


def _without_what_fails_everywhere(failures: list[Attempt], node_id: int) -> list[Attempt]:
    """A frame may be the bad one of a film that renders, so it is asked about as well as its task. What the machine
    was unable to do, or took with it when it went silent, was no scene's failure."""
    tasks = Task.objects.filter(pk__in={one.instance.task_id for one in failures})
    frames = Instance.objects.filter(pk__in={one.instance_id for one in failures})
    bad_tasks = _failing_everywhere(tasks, "instance__task", node_id)
    bad_frames = _failing_everywhere(frames, "instance", node_id)
    return [
        one
        for one in failures
        if one.outcome != Attempt.Outcome.FAILURE
        or not (one.instance.task_id in bad_tasks or one.instance_id in bad_frames)
    ]


def _failing_everywhere(rows: QuerySet[Any], name: str, node_id: int) -> set[Any]:
    """Those that another machine failed at too, and no other rendered; `name` is what an attempt calls them."""
    elsewhere = Attempt.objects.filter(**{name: OuterRef("pk")}).exclude(node=node_id)
    failed, rendered = (elsewhere.filter(outcome=one) for one in (Attempt.Outcome.FAILURE, Attempt.Outcome.SUCCESS))
    return set(rows.filter(Exists(failed), ~Exists(rendered)).values_list("pk", flat=True))


def _failures_in_a_row(node_id: int) -> list[Attempt]:
    """Since its last success, the newest first, without errors that are the order's own. What it lost by one silence
    counts once: a power cut befalls all its slots."""
    ended = Attempt.objects.filter(node=node_id, outcome__in=[*_FAILURES, Attempt.Outcome.SUCCESS])
    found: list[Attempt] = []
    for one in ended.select_related("instance").order_by("-ended_at")[:_MOST_READ]:
        if one.outcome == Attempt.Outcome.SUCCESS:
            break
        if not one.is_final and not (found and _is_same_silence(one, found[-1])):
            found.append(one)
    return found


def _is_same_silence(one: Attempt, later: Attempt) -> bool:
    are_lost = one.outcome == later.outcome == Attempt.Outcome.LOST
    return (
        are_lost
        and one.ended_at is not None
        and later.ended_at is not None
        and later.ended_at - one.ended_at < _SILENCE
    )


def _rendered_elsewhere(node_id: int, failed: list[Attempt]) -> QuerySet[Attempt]:
    same_tasks = Attempt.objects.filter(instance__task__in={one.instance.task_id for one in failed})
    return same_tasks.filter(outcome=Attempt.Outcome.SUCCESS).exclude(node=node_id)


def _reason(failed: list[Attempt]) -> str:
    message = next((one.error["message"] for one in failed if one.error and one.error.get("message")), "it went silent")
    return f"{FAILURES_IN_A_ROW} attempts in a row failed here; the last one with: {message}"
