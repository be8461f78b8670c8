"""Celery's door to a slot."""

from celery import shared_task

from farm.node import station


@shared_task(name="farm.node.tasks.wake", ignore_result=True)
def wake() -> None:
    """Acknowledged early and carries no work: whatever may be claimed is rendered, until there is nothing."""
    station.work_a_shift()
