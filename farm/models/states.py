"""The words of the farm's states, stored as they go over the wire."""

from django.db import models


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


class JobState(models.TextChoices):
    """Of a group of tasks."""

    ACTIVE = "Active"
    TERMINATING = "Terminating"
    COMPLETED = "Completed"
    DELETING = "Deleting"


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
