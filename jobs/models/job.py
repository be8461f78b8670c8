"""A render an artist (or their script) ordered, and the machines' side of it as last reported."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from jobs.enums import JobState, Priority, Where
from jobs.models.scene import Scene

if TYPE_CHECKING:
    from accounts.models import Account


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, account: "Account") -> "JobQuerySet":
        return self.filter(account_id=account.pk)


class Job(models.Model):
    """One render. Only jobs.domain.lifecycle writes `state`.

    `revision` grows with every change an open page must see; frames, farm instances and
    log chunks carry the revision at which they last changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    scene = models.ForeignKey(Scene, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.SUBMITTING)
    state_changed_at = models.DateTimeField(default=timezone.now)
    problem = models.JSONField(null=True, blank=True, help_text="{id, …arguments} (jobs.problems)")

    profile = models.CharField(max_length=100)
    frames = models.TextField(help_text="The frame list as typed, e.g. 1-10,20-160x20.")
    frame_count = models.PositiveIntegerField(default=0)
    constants = models.JSONField(default=dict, help_text="The profile's constants as ordered: name → text.")
    cap_seconds = models.PositiveBigIntegerField(null=True, blank=True, help_text="Render time at which a task stops.")
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.NORMAL)
    licence = models.CharField(max_length=10, blank=True, help_text="Whose is taken: onDemand or own.")
    makes_pictures = models.BooleanField(default=True, help_text="False: its results are any files.")

    farm = models.CharField(max_length=12, choices=Where, default=Where.STUDIO, help_text="Whose machines render it.")
    brought_percent = models.PositiveSmallIntegerField(
        null=True, help_text="Of its files that lie elsewhere, copied to that farm's storage; 100: all are there."
    )
    bringing_until = models.DateTimeField(null=True, help_text="One worker at a time copies them.")
    farm_task_uuid = models.CharField(max_length=40, blank=True, db_index=True)
    submission_number = models.PositiveIntegerField(default=1, help_text="Grows when failed frames are rendered again.")
    farm_state = models.CharField(max_length=40, blank=True, help_text="The farm's own word, for Details.")
    waiting_reason = models.CharField(max_length=300, blank=True, help_text="The farm's own, while nothing renders.")
    waiting_code = models.CharField(max_length=20, blank=True, help_text="What it waits for (jobs.domain.waiting).")
    waiting_position = models.PositiveIntegerField(null=True, help_text="In line, from 1; null: not in line.")
    result_bucket = models.CharField(max_length=255, blank=True)
    frames_done_count = models.PositiveIntegerField(default=0)
    frames_failed_count = models.PositiveIntegerField(default=0)
    used_seconds = models.FloatField(default=0, help_text="Render time the farm charged.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    revision = models.BigIntegerField(default=0)
    line_count = models.BigIntegerField(default=0, help_text="Log lines so far; the next is line_count + 1.")
    stdout_offset = models.BigIntegerField(default=0, help_text="Characters of the farm task's stdout folded in.")
    stderr_offset = models.BigIntegerField(default=0)
    output_tails = models.JSONField(
        default=dict, help_text="stream → the last characters folded in: finds the place in a buffer that rotates."
    )
    pictures_leased_until = models.DateTimeField(null=True, help_text="One worker at a time opens landed frames.")
    next_poll_at = models.DateTimeField(null=True, db_index=True, help_text="Null: nothing to ask the farm.")
    watched_at = models.DateTimeField(null=True, help_text="When a page last had it open.")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["account", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("render", args=[self.pk])

    @property
    def output_format(self) -> str:
        """PNG, EXR, …; empty where the order does not say. Every profile's constant for it is named so."""
        return next((value for name, value in self.constants.items() if name.endswith("_FORMAT")), "")


class FarmInstance(models.Model):
    """What the farm last said of one instance of the job's task."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="instances")
    instance_id = models.IntegerField()
    frame = models.IntegerField(default=0, help_text="The picture it works on; its own number for other software.")
    part = models.PositiveIntegerField(default=0, help_text="Of a picture in tiles: which one, the last joins them.")
    tile_side = models.PositiveIntegerField(default=1, help_text="n: the picture is made of n × n tiles.")
    phase = models.CharField(max_length=20, help_text="waiting, the farm's phase, or success, failure, cancelled")
    progress = models.FloatField(default=0, help_text="percent")
    cpu_percent = models.FloatField(default=0)
    memory_mb = models.FloatField(default=0)
    cpu_model = models.CharField(max_length=200, blank=True)
    node = models.CharField(max_length=100, blank=True)
    place = models.CharField(max_length=100, blank=True, help_text="The town its machine stands in.")
    is_heating = models.BooleanField(default=False, help_text="Its machine's heat was wanted there.")
    attempt_count = models.PositiveIntegerField(default=0)
    execution_seconds = models.FloatField(default=0)
    error = models.CharField(max_length=500, blank=True)
    revision = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "instance_id"], name="farm_instance_once_a_job")]
        indexes = [models.Index(fields=["job", "revision"])]
        ordering = ["instance_id"]

    @property
    def joins_tiles(self) -> bool:
        return self.tile_side > 1 and self.part == self.tile_side**2


class FarmPoller(models.Model):
    """The lease by which one poller at a time asks one of an account's farms: the silence of one delays no other."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="farm_pollers")
    farm = models.CharField(max_length=12, choices=Where, default=Where.STUDIO)
    leased_until = models.DateTimeField(default=timezone.now)
    lease_number = models.BigIntegerField(default=0)
    failure_count = models.PositiveIntegerField(default=0)
    farm_down_since = models.DateTimeField(null=True, help_text="Set while the farm does not answer; pages say so.")
    discover_at = models.DateTimeField(null=True, db_index=True, help_text="When to look for tasks ordered by script.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "farm"], name="one_poller_an_account_and_farm")]

    def __str__(self) -> str:
        return f"{self.get_farm_display()} for {self.account}"
