"""Celery's door to the farm's own work."""

from celery import shared_task

from farm import sweeps


@shared_task(name="farm.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """One tick of beat; two at once, or none for a while, do no harm."""
    sweeps.sweep()
