"""What the farm reckons that a job's rendering took in energy and carbon."""

from django.db import models
from django.utils import timezone

from jobs.models.job import Job


class CarbonFacts(models.Model):
    """Of one of the job's farm tasks: it has several when missing frames were rendered again. The page sums them up."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="carbon_facts")
    farm_task_uuid = models.CharField(max_length=40)
    told = models.JSONField(null=True, help_text="Figures as read (jobs.domain.carbon); null: the farm tells none.")
    is_final = models.BooleanField(default=False, help_text="Asked for after the task's end.")
    asked_at = models.DateTimeField(default=timezone.now)
    revision = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "farm_task_uuid"], name="carbon_facts_once_a_task")]
        ordering = ["pk"]
