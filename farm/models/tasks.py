"""Orders, the words they are found by, and what they wait for."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from farm.models.states import ENDED_STATES, TaskState


def kept_for_open_tasks(collector: Any, field: Any, tasks: Any, using: str) -> None:
    """A licence is not deleted beneath what was ordered with it: its seats would be counted no more. Raises
    ProtectedError; what has ended forgets it."""
    still_open = [task for task in tasks if task.state not in ENDED_STATES]
    if still_open:
        raise models.ProtectedError("Renders that need this licence are under way.", set(still_open))
    models.SET_NULL(collector, field, tasks, using)


class Task(models.Model):
    """An order of Qarnot's API. Only farm.lifecycle writes `state`."""

    class Priority(models.IntegerChoices):
        """Among the tasks of one account."""

        LOW = -1
        NORMAL = 0
        HIGH = 1

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="farm_tasks")
    name = models.CharField(max_length=2047)
    shortname = models.CharField(max_length=255)
    profile = models.CharField(max_length=100)
    ordered_profile = models.CharField(max_length=100, blank=True, help_text="As ordered, where it is another name.")
    job = models.ForeignKey("farm.Job", null=True, on_delete=models.SET_NULL, related_name="tasks")
    state = models.CharField(max_length=24, choices=TaskState, default=TaskState.SUBMITTED)
    previous_state = models.CharField(max_length=24, blank=True)
    state_changed_at = models.DateTimeField(default=timezone.now)
    previous_state_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    modified_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    instance_count = models.PositiveIntegerField(default=0, help_text="0 where advanced_ranges is used.")
    advanced_ranges = models.TextField(blank=True)
    total_instance_count = models.PositiveIntegerField(default=0)
    constants = models.JSONField(default=dict, help_text="name → text")
    resource_buckets = models.JSONField(default=list, help_text="advancedResourceBuckets as sent")
    result_bucket = models.CharField(max_length=255, blank=True)
    results_prefix = models.CharField(max_length=1024, blank=True)
    results_whitelist = models.CharField(max_length=2048, blank=True)
    results_blacklist = models.CharField(max_length=2048, blank=True)
    upload_results_on_cancellation = models.BooleanField(default=False)
    results_count = models.PositiveIntegerField(default=0)
    resources_version = models.PositiveIntegerField(default=0, help_text="Grows with each wish to sync them again.")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    rate = models.FloatField(default=1.0, help_text="Render hours an hour of execution costs, as ordered.")
    cap_seconds = models.PositiveBigIntegerField(null=True, help_text="Render time it never uses more of, as ordered.")
    licence = models.ForeignKey("farm.Licence", null=True, on_delete=kept_for_open_tasks, related_name="tasks")
    brings_licence = models.BooleanField(default=False, help_text="The account's own: no seat is taken.")
    needs_relay = models.BooleanField(default=False, help_text="It reaches a licence server: tier A only.")
    tile_side = models.PositiveSmallIntegerField(default=1, help_text="A picture is n × n tiles and their joining.")
    hardware_constraints = models.JSONField(default=list, help_text="As sent; farm.hardware reads them.")
    secrets_access = models.JSONField(default=dict, help_text="{bySecret: [{key}], byPrefix: [{prefix}]}")
    gives_credentials = models.BooleanField(default=False, help_text="Instances find the API's and S3's in their env.")
    waits_for_tasks = models.BooleanField(default=False, help_text="A dependency is open (farm.dependencies).")
    max_queue_seconds = models.PositiveIntegerField(null=True)
    queued_at = models.DateTimeField(
        default=timezone.now,
        null=True,
        db_index=True,
        help_text="Since when it lacks nothing but a machine. Null: it waits for tasks, was withdrawn, or has ended.",
    )
    max_attempts = models.PositiveIntegerField(default=3, help_text="Attempts an instance has.")
    max_total_retries = models.PositiveIntegerField(null=True, help_text="Of all instances together.")
    auto_delete = models.BooleanField(default=False)
    time_to_live_seconds = models.FloatField(default=0, help_text="After the end, where it deletes itself.")
    delete_at = models.DateTimeField(null=True, db_index=True)

    snapshot_whitelist = models.CharField(max_length=2048, blank=True)
    snapshot_blacklist = models.CharField(max_length=2048, blank=True)
    snapshot_interval_seconds = models.PositiveIntegerField(default=0, help_text="0: no periodic ones.")
    snapshot_config = models.JSONField(default=dict, help_text="Of the periodic ones: lists, bucket, bucketPrefix.")
    next_snapshot_at = models.DateTimeField(null=True, db_index=True)
    labels = models.JSONField(default=dict)
    order = models.JSONField(default=dict, help_text="The other fields of the order, echoed as sent.")
    errors = models.JSONField(default=list, help_text="[{code, message, debug}]")

    order_digest = models.CharField(max_length=64, blank=True, help_text="Of the request that ordered it.")
    first_read_at = models.DateTimeField(null=True, help_text="When a client showed that it knows this task.")

    stdout_length = models.BigIntegerField(default=0, help_text="Characters of task-level output so far.")
    stderr_length = models.BigIntegerField(default=0)
    stdout_start = models.BigIntegerField(default=0, help_text="Characters before it were rotated away.")
    stderr_start = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "shortname"], name="shortname_once_an_account")]
        indexes = [
            models.Index(fields=["state", "created_at"]),
            models.Index(fields=["account", "-created_at"]),
            models.Index(fields=["account", "-priority", "queued_at"], name="tasks_in_line"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.uuid})"


class Tag(models.Model):
    """A word a task can be found by; rows, because SQLite can't look inside JSON by an index."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="tags")
    text = models.CharField(max_length=511, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "text"], name="tag_once_a_task")]
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Dependency(models.Model):
    """A task that waits for the end of another."""

    class State(models.TextChoices):
        WAITING = "waiting"
        FULFILLED = "dependencyConditionsFulfilled"
        NOT_FULFILLED = "dependencyConditionsNotFulfilled"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="dependencies")
    on_uuid = models.UUIDField(db_index=True, help_text="The task it waits for; it may be deleted meanwhile.")
    final_states = models.JSONField(default=list, help_text="Which of success, failure, cancelled will do; empty: any.")
    is_advanced = models.BooleanField(default=False, help_text="Ordered in the form that names final states.")
    state = models.CharField(max_length=40, choices=State, default=State.WAITING)
    actual_final_state = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "on_uuid"], name="dependency_once_a_task")]
