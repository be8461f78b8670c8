"""The states of the artist's side and their tables of moves."""

from django.db import models


class Where(models.TextChoices):
    """Whose machines render, and whose storage keeps the files for them."""

    STUDIO = "studio", "This studio's machines"
    QARNOT = "qarnot", "Qarnot"


class SceneState(models.TextChoices):
    UPLOADING = "uploading", "Uploading"
    CHECKING = "checking", "Being checked"
    READY = "ready", "Ready"
    REFUSED = "refused", "Can't be rendered"


class UploadState(models.TextChoices):
    OPEN = "open", "Open"
    COMPLETED = "completed", "Complete"
    ABORTED = "aborted", "Aborted"


class AddOnState(models.TextChoices):
    UPLOADING = "uploading", "Uploading"
    CHECKING = "checking", "Being checked"
    READY = "ready", "Ready"
    REFUSED = "refused", "Can't be used"


class JobState(models.TextChoices):
    SUBMITTING = "submitting", "Being handed to the farm"
    WAITING = "waiting", "Waiting for a machine"
    RENDERING = "rendering", "Rendering"
    CANCELLING = "cancelling", "Being cancelled"
    CANCELLED = "cancelled", "Cancelled"
    COMPLETED = "completed", "Done"
    FAILED = "failed", "Failed"


JOB_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.SUBMITTING: frozenset(
        {
            JobState.WAITING,
            JobState.RENDERING,
            JobState.CANCELLING,
            JobState.CANCELLED,
            JobState.COMPLETED,
            JobState.FAILED,
        }
    ),
    JobState.WAITING: frozenset(
        {JobState.RENDERING, JobState.CANCELLING, JobState.CANCELLED, JobState.COMPLETED, JobState.FAILED}
    ),
    JobState.RENDERING: frozenset(
        {JobState.WAITING, JobState.CANCELLING, JobState.CANCELLED, JobState.COMPLETED, JobState.FAILED}
    ),
    JobState.CANCELLING: frozenset({JobState.CANCELLED, JobState.COMPLETED, JobState.FAILED}),
    # "Render failed frames again" starts a new farm task for the same job.
    JobState.CANCELLED: frozenset({JobState.SUBMITTING}),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset({JobState.SUBMITTING}),
}
ENDED = frozenset({JobState.CANCELLED, JobState.COMPLETED, JobState.FAILED})


class Priority(models.TextChoices):
    """Among the renders of one person; the words of the farm's API."""

    HIGH = "high", "Before my other renders"
    NORMAL = "normal", "As usual"
    LOW = "low", "When nothing else of mine waits"


class FrameState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RENDERING = "rendering", "Rendering"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
