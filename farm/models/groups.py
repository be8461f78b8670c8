"""Groups of tasks, which Qarnot's API calls jobs."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from farm.models.states import JobState


class Job(models.Model):
    """A group of tasks that ends together."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="farm_jobs")
    name = models.CharField(max_length=2047)
    shortname = models.CharField(max_length=255)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.ACTIVE)
    previous_state = models.CharField(max_length=12, blank=True)
    state_changed_at = models.DateTimeField(default=timezone.now)
    previous_state_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    modified_at = models.DateTimeField(default=timezone.now)
    use_dependencies = models.BooleanField(default=False, help_text="Its tasks may wait for one another.")
    max_wall_seconds = models.FloatField(null=True)
    terminate_at = models.DateTimeField(null=True, db_index=True)
    auto_delete = models.BooleanField(default=False)
    time_to_live_seconds = models.FloatField(default=0)
    delete_at = models.DateTimeField(null=True, db_index=True)
    tags = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "shortname"], name="job_shortname_once_an_account")]
        indexes = [models.Index(fields=["account", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.uuid})"

    @property
    def time_to_live(self) -> timedelta:
        return timedelta(seconds=self.time_to_live_seconds)
