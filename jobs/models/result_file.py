"""A file that a task without pictures gave back."""

from django.db import models
from django.utils import timezone

from jobs.models.job import Job


class ResultFile(models.Model):
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="result_files")
    key = models.CharField(max_length=1024, help_text="Object key in the job's result bucket.")
    size_bytes = models.BigIntegerField(default=0)
    instance_id = models.IntegerField(null=True, help_text="Who made it; null where the farm does not say.")
    landed_at = models.DateTimeField(default=timezone.now)
    revision = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "key"], name="result_file_once_a_job")]
        indexes = [models.Index(fields=["job", "revision"])]
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
