"""What a task is rendered as: its instances, and every try of each."""

from django.db import models
from django.utils import timezone

from farm.models.machines import Node
from farm.models.states import InstanceState, Phase
from farm.models.tasks import Task


class Instance(models.Model):
    """One of a task's instances; for a renderer the instance id is the frame number, unless it is cut into tiles."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="instances")
    instance_id = models.IntegerField()
    frame = models.IntegerField(default=0, help_text="The picture's number; the instance id where it isn't in tiles.")
    part = models.PositiveSmallIntegerField(default=0, help_text="Of n × n tiles: 0 to n²-1; n² joins them.")
    state = models.CharField(max_length=12, choices=InstanceState, default=InstanceState.WAITING)
    attempt_count = models.PositiveIntegerField(default=0, help_text="Attempts begun; the newest is the valid one.")
    failure_count = models.PositiveIntegerField(default=0, help_text="Attempts that failed by themselves.")
    node = models.ForeignKey(Node, null=True, on_delete=models.SET_NULL, related_name="instances")
    slot = models.CharField(max_length=40, blank=True)
    is_heating = models.BooleanField(default=False, help_text="Its site wanted heat when its last attempt began.")
    lease_until = models.DateTimeField(null=True)
    phase = models.CharField(max_length=12, choices=Phase, blank=True)
    progress = models.FloatField(default=0, help_text="Percent of the execution.")
    cpu_percent = models.FloatField(default=0)
    memory_mb = models.FloatField(default=0)
    peak_memory_mb = models.FloatField(default=0)
    frequency_ghz = models.FloatField(default=0, help_text="Of the machine's processor now.")
    max_frequency_ghz = models.FloatField(default=0)
    average_frequency_ghz = models.FloatField(default=0, help_text="While it executed.")
    network_in_kbps = models.FloatField(default=0, help_text="Scene files on their way in.")
    network_out_kbps = models.FloatField(default=0, help_text="Results on their way out.")
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
        indexes = [
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["task", "state", "-attempt_count", "instance_id"], name="instances_in_turn"),
        ]

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
        STOPPED = "stopped", "the task may spend no more"

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
        indexes = [models.Index(fields=["node", "-ended_at"], name="attempts_of_a_node")]

    @property
    def is_final(self) -> bool:
        """Whether it failed by an error that is the order's own and would come again wherever it is tried.

        farm.node.reports notes it with the error; the instance's error, which the API tells, has no such word.
        """
        return bool((self.error or {}).get("is_final"))
