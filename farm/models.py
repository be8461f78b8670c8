"""What the built-in farm keeps: tasks, their instances and attempts, output, nodes."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class TaskState(models.TextChoices):
    """The words of Qarnot's API, stored as they go over the wire."""

    SUBMITTED = "Submitted"
    PARTIALLY_DISPATCHED = "PartiallyDispatched"
    FULLY_DISPATCHED = "FullyDispatched"
    PARTIALLY_EXECUTING = "PartiallyExecuting"
    FULLY_EXECUTING = "FullyExecuting"
    UPLOADING_RESULTS = "UploadingResults"
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"
    SUCCESS = "Success"
    FAILURE = "Failure"
    PENDING_DELETE = "PendingDelete"


ENDED_STATES = frozenset({TaskState.CANCELLED, TaskState.SUCCESS, TaskState.FAILURE})


class InstanceState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"


class Phase(models.TextChoices):
    """What a running instance does; the words of the API."""

    DISPATCH = "dispatch"
    DOWNLOAD = "download"
    ENVIRONMENT = "environment"
    EXECUTION = "execution"
    UPLOAD = "upload"


class Site(models.Model):
    name = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.name


class Node(models.Model):
    """A machine that renders, as it described itself at its last heartbeat."""

    class Tier(models.TextChoices):
        ISOLATED = "A", "isolated"
        CONFINED = "B", "confined"
        OPEN = "C", "open: takes only its owner's scenes"

    name = models.SlugField(unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="nodes")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Whose scenes tier C takes.",
    )
    cpu_model = models.CharField(max_length=200, blank=True)
    core_count = models.PositiveIntegerField(default=1)
    memory_mb = models.PositiveIntegerField(default=0)
    slot_count = models.PositiveIntegerField(default=1)
    sandbox_tier = models.CharField(max_length=1, choices=Tier, default=Tier.OPEN)
    sandbox_note = models.TextField(blank=True, help_text="What the self-test found, and what to change.")
    profiles = models.JSONField(default=list, help_text="Names of the profiles installed.")
    has_opengl = models.BooleanField(default=False, help_text="EEVEE and Workbench work here.")
    heartbeat_at = models.DateTimeField(default=timezone.now)
    is_draining = models.BooleanField(default=False)
    problem = models.TextField(blank=True, help_text="Why it takes nothing at the moment, and what to do.")

    def __str__(self) -> str:
        return self.name

    @property
    def cores_a_slot(self) -> int:
        return max(1, self.core_count // max(1, self.slot_count))


class Task(models.Model):
    """An order of Qarnot's API. Only farm.lifecycle writes `state`."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="farm_tasks")
    name = models.CharField(max_length=2047)
    shortname = models.CharField(max_length=255)
    profile = models.CharField(max_length=100)
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
    results_whitelist = models.CharField(max_length=2048, blank=True)
    results_blacklist = models.CharField(max_length=2048, blank=True)
    upload_results_on_cancellation = models.BooleanField(default=False)
    results_count = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3, help_text="Attempts an instance has.")
    labels = models.JSONField(default=dict)
    order = models.JSONField(default=dict, help_text="The other fields of the order, echoed as sent.")
    errors = models.JSONField(default=list, help_text="[{code, message, debug}]")

    order_digest = models.CharField(max_length=64, blank=True, help_text="Of the request that ordered it.")
    first_read_at = models.DateTimeField(null=True, help_text="When a client showed that it knows this task.")

    stdout_length = models.BigIntegerField(default=0, help_text="Characters of task-level output so far.")
    stderr_length = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "shortname"], name="shortname_once_an_account")]
        indexes = [models.Index(fields=["state", "created_at"]), models.Index(fields=["account", "-created_at"])]

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


class Instance(models.Model):
    """One of a task's instances; for Blender the instance id is the frame number."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="instances")
    instance_id = models.IntegerField()
    state = models.CharField(max_length=12, choices=InstanceState, default=InstanceState.WAITING)
    attempt_count = models.PositiveIntegerField(default=0, help_text="Attempts begun; the newest is the valid one.")
    failure_count = models.PositiveIntegerField(default=0, help_text="Attempts that failed by themselves.")
    node = models.ForeignKey(Node, null=True, on_delete=models.SET_NULL, related_name="instances")
    slot = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True)
    phase = models.CharField(max_length=12, choices=Phase, blank=True)
    progress = models.FloatField(default=0, help_text="Percent of the execution.")
    cpu_percent = models.FloatField(default=0)
    memory_mb = models.FloatField(default=0)
    peak_memory_mb = models.FloatField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    download_seconds = models.FloatField(default=0)
    environment_seconds = models.FloatField(default=0)
    execution_seconds = models.FloatField(default=0)
    upload_seconds = models.FloatField(default=0)
    wall_seconds = models.FloatField(default=0)
    cpu_model = models.CharField(max_length=200, blank=True)
    results = models.JSONField(default=list, help_text="Keys in the result bucket.")
    error = models.JSONField(null=True, help_text="{code, message, debug}")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "instance_id"], name="instance_once_a_task")]
        indexes = [models.Index(fields=["state", "lease_until"]), models.Index(fields=["task", "state"])]

    def __str__(self) -> str:
        return f"{self.task_id}/{self.instance_id}"


class Attempt(models.Model):
    """One try of an instance on a node. Reports of any but the newest change nothing."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        SUCCESS = "success"
        FAILURE = "failure"
        LOST = "lost", "the node went silent"
        RELEASED = "released", "the node gave it back"
        UNABLE = "unable", "the node could not render it, by its own fault"
        CANCELLED = "cancelled"

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    node = models.ForeignKey(Node, null=True, on_delete=models.SET_NULL, related_name="attempts")
    sandbox_tier = models.CharField(max_length=1, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.RUNNING)
    claimed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    execution_seconds = models.FloatField(default=0)
    error = models.JSONField(null=True)
    output_length = models.PositiveIntegerField(default=0, help_text="Characters printed on both streams.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "number"], name="attempt_once_an_instance")]


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


class Bucket(models.Model):
    """A bucket of an account, named as typed; its objects are keys under `prefix` of the backing bucket."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="buckets")
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="bucket_once_an_account")]

    def __str__(self) -> str:
        return self.name
