"""Results taken while an instance goes on."""

import uuid

from django.db import models
from django.utils import timezone

from farm.models.instances import Instance
from farm.models.tasks import Task


class Snapshot(models.Model):
    """A wish to see what the running instances have so far."""

    class Status(models.TextChoices):
        TRIGGERED = "triggered"
        IN_PROGRESS = "inProgress"
        SUCCESS = "success"
        FAILURE = "failure"

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="snapshots")
    status = models.CharField(max_length=12, choices=Status, default=Status.TRIGGERED)
    triggered_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    whitelist = models.CharField(max_length=2048, blank=True)
    blacklist = models.CharField(max_length=2048, blank=True)
    bucket = models.CharField(max_length=255, blank=True)
    bucket_prefix = models.CharField(max_length=1024, blank=True)
    size_to_upload = models.BigIntegerField(default=0, help_text="Bytes.")
    transferred_size = models.BigIntegerField(default=0, help_text="Bytes.")

    class Meta:
        indexes = [models.Index(fields=["task", "status"])]


class SnapshotPart(models.Model):
    """One running instance's share of a snapshot; its node takes it up at a heartbeat."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="parts")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="snapshot_parts")
    status = models.CharField(max_length=12, choices=Snapshot.Status, default=Snapshot.Status.TRIGGERED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "instance"], name="part_once_a_snapshot")]
