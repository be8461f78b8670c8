"""Messages that hurry work which the sweep finds anyway: losing one costs seconds, never the work."""

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


def hurry(task: str, *identities: object) -> None:
    """Sends `jobs.tasks.<task>` after the commit. A broker that is down is only logged."""

    def send() -> None:
        try:
            current_app.send_task(f"jobs.tasks.{task}", [str(identity) for identity in identities], retry=False)
        except Exception as failure:
            logger.warning("no message for %s: %s", task, failure)

    transaction.on_commit(send, robust=True)
