"""The machines that are awake, and the wake-up of their idle slots."""

import logging
from datetime import timedelta

from celery import current_app
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, QuerySet
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from farm.models import InstanceState, Node

log = logging.getLogger(__name__)

NODE_SILENT_AFTER = timedelta(seconds=60)
WAKE_EXPIRES_SECONDS = 30
"""An older wake-up says nothing new: the sweep sends another while something waits."""


def wake() -> None:
    """Tells idle slots to look for work, once the transaction is in. A lost message is healed by the sweep."""
    transaction.on_commit(_send_wakes, robust=True)


def awake_nodes() -> QuerySet[Node]:
    """Those that were heard of lately, the draining ones too; who was taken out of the farm is not among them."""
    silent = ExpressionWrapper(Now() - NODE_SILENT_AFTER, output_field=DateTimeField())
    return Node.objects.filter(heartbeat_at__gt=silent, retired_at=None)


def live_nodes() -> QuerySet[Node]:
    return awake_nodes().filter(is_draining=False)


def _send_wakes() -> None:
    for node in live_nodes():
        for _ in range(_idle_slots(node)):
            try:
                current_app.send_task(
                    "farm.node.tasks.wake", queue=f"node.{node.name}", expires=WAKE_EXPIRES_SECONDS, retry=False
                )
            except OperationalError as unreachable:
                log.warning("node %s not woken, the sweep will try again: %s", node.name, unreachable)
                return


def _idle_slots(node: Node) -> int:
    busy = node.instances.filter(state=InstanceState.RUNNING).values("slot").distinct().count()
    return max(0, node.slot_count - busy)
