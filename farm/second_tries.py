"""Where an instance that failed is tried again: on another machine, where there is one.

A machine that is busy for long does not hold a retry up for ever: after ELSEWHERE_WITHIN any may take it, unless it
needs OpenGL, which no waiting gives to a machine.
"""

from datetime import timedelta

from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from farm import avoidance, matching, wakes
from farm.models import Attempt, Instance, Node, Task

ELSEWHERE_WITHIN = timedelta(minutes=5)
"""So long a failed instance waits for a machine that it did not fail on."""
_IN_VAIN = (Attempt.Outcome.FAILURE, Attempt.Outcome.UNABLE)


def in_vain_at(node: Node) -> QuerySet[Attempt]:
    """Of the instance outside: what this machine failed at, or can't do any better than the one that did."""
    is_same = Q(node=node) if node.has_opengl else Q(node=node) | Q(error__code=matching.NO_OPENGL)
    return Attempt.objects.filter(is_same, instance=OuterRef("pk"), outcome__in=_IN_VAIN)


def better_nodes(instance: Instance, task: Task, node: Node | None = None) -> list[Node]:
    """Live machines beside `node` that the failed instance is left to."""
    tries = list(instance.attempts.filter(outcome__in=_IN_VAIN).order_by("-number"))
    if not tries:
        return []
    newest = tries[0]
    code = matching.NO_OPENGL if any((one.error or {}).get("code") == matching.NO_OPENGL for one in tries) else ""
    waited = timezone.now() - (newest.ended_at or newest.claimed_at)
    if waited > ELSEWHERE_WITHIN and not code:
        return []
    tried = {one.node_id for one in tries} | {node.pk if node else None}
    return [other for other in _that_may_do_better(task, code) if other.pk not in tried]


def fits_elsewhere(task: Task, node_id: int | None, code: str) -> bool:
    """Whether a live machine other than this one may do better with what ended here by this machine's fault."""
    return any(node.pk != node_id for node in _that_may_do_better(task, code))


def _that_may_do_better(task: Task, code: str) -> list[Node]:
    """Live machines that take the task: nothing is left to an avoided one that leaves it to others."""
    taking = avoidance.taking([node for node in wakes.live_nodes() if matching.fits(node, task)])
    return [node for node in taking if node.has_opengl or code != matching.NO_OPENGL]
