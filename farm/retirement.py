"""Machines on their way out of the farm: drained, they finish what they render; retired, they are gone at once."""

from django.db.models import QuerySet
from django.utils import timezone

from farm import wakes
from farm.models import Node
from farm.node import reports


def drain(nodes: QuerySet[Node]) -> int:
    """What runs there is finished, nothing new is taken. Returns how many."""
    return nodes.update(is_draining=True)


def take_work_again(nodes: QuerySet[Node]) -> int:
    """Ends a drain and a retirement. Returns how many."""
    count = nodes.update(is_draining=False, retired_at=None)
    wakes.wake()
    return count


def retire(nodes: QuerySet[Node]) -> int:
    """Takes machines out of the farm. What they render is begun anew elsewhere, at nobody's cost. Returns how many
    instances that are. A machine whose command is started again comes back."""
    retired = list(nodes.filter(retired_at=None))
    Node.objects.filter(pk__in=[node.pk for node in retired]).update(retired_at=timezone.now())
    return sum(reports.take_back_from(node) for node in retired)
