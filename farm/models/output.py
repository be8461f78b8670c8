"""What instances print, and how far each reader has come."""

from django.db import models
from django.utils import timezone

from farm.models.instances import Attempt
from farm.models.tasks import Task


class OutputChunk(models.Model):
    """Some whole lines an instance printed, at their place in the task's output.

    `first_sequence` counts the attempt's chunks: a chunk sent twice is stored once.
    `task_offset`/`task_length` are characters of the task-level text, where every line
    starts with ` <instance>> `; `text` is without that prefix. Offsets are given out under
    the lock of the task's row, so that no chunk appears before one that comes before it.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="output")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="output")
    instance_id = models.IntegerField()
    stream = models.CharField(max_length=6, choices=[("stdout", "stdout"), ("stderr", "stderr")])
    first_sequence = models.PositiveIntegerField()
    task_offset = models.BigIntegerField()
    task_length = models.IntegerField()
    instance_offset = models.BigIntegerField(help_text="Characters of this instance's text before it.")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "stream", "first_sequence"], name="output_once"),
        ]
        indexes = [
            models.Index(fields=["task", "stream", "task_offset"]),
            models.Index(fields=["task", "stream", "instance_id", "instance_offset"]),
        ]


class ReadPosition(models.Model):
    """How far a token has read an output by POST ("fresh"). instance_id -1: the task's."""

    token = models.ForeignKey("accounts.ApiToken", on_delete=models.CASCADE)
    task = models.ForeignKey(Task, on_delete=models.CASCADE)
    stream = models.CharField(max_length=6)
    instance_id = models.IntegerField(default=-1)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "task", "stream", "instance_id"], name="one_read_position")
        ]
