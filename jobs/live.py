"""The only writer to open pages. It rings a doorbell: which job, and its newest revision, never what changed.

Pages fetch what they lack; a doorbell that is lost is made good by the next one or by the heartbeat.
"""

import logging
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)


def group_of(job_id: UUID | str) -> str:
    return f"render.{job_id}"


def ring(job_id: UUID, revision: int) -> None:
    """After the commit. Redis may be down: the page's heartbeat asks by itself."""
    transaction.on_commit(lambda: _ring_now(job_id, revision), robust=True)


def _ring_now(job_id: UUID, revision: int) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group_of(job_id), {"type": "job.changed", "revision": revision})
    except Exception as failure:
        logger.warning("no doorbell for %s: %s", job_id, failure)
