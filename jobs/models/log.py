"""The log an artist reads, as chunks of cleaned lines numbered through the whole job."""

from django.db import models
from django.utils import timezone

from jobs.models.job import Job


class LogChunk(models.Model):
    """Lines `first_line … first_line + line_count - 1` of the job's log, all of one instance and stream."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_chunks")
    first_line = models.BigIntegerField()
    line_count = models.PositiveIntegerField()
    instance_id = models.IntegerField()
    stream = models.CharField(max_length=6, choices=[("stdout", "stdout"), ("stderr", "stderr")])
    text = models.TextField(help_text="Lines joined by newline, cleaned of control characters.")
    revision = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "first_line"], name="log_line_once")]
        indexes = [models.Index(fields=["job", "revision"]), models.Index(fields=["job", "instance_id", "first_line"])]
        ordering = ["first_line"]
