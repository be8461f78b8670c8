"""A picture of a job: ordered, and once it landed, where it is."""

from pathlib import PurePosixPath

from django.db import models

from jobs.enums import FrameState
from jobs.models.job import Job


class Frame(models.Model):
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="frame_set")
    number = models.IntegerField(help_text="Frame number; the instance id for other software.")
    state = models.CharField(max_length=12, choices=FrameState, default=FrameState.WAITING)
    key = models.CharField(max_length=1024, blank=True, help_text="Object key in the job's result bucket.")
    size_bytes = models.BigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    thumbnail = models.FileField(upload_to="thumbnails", blank=True, help_text="320 px wide WebP")
    preview = models.FileField(upload_to="previews", blank=True, help_text="1920 px wide WebP, with the view transform")
    looks = models.CharField(max_length=20, blank=True, help_text="'', black, pink or empty: shown to the artist.")
    problem = models.JSONField(null=True, blank=True, help_text="{id, …arguments} (jobs.problems)")
    landed_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="frame_once_a_job")]
        indexes = [models.Index(fields=["job", "revision"]), models.Index(fields=["job", "state"])]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"frame {self.number} of {self.job_id}"

    @property
    def ending(self) -> str:
        """Of its file, without the dot: png."""
        return PurePosixPath(self.key).suffix.lstrip(".").lower()

    @property
    def is_shown_by_browsers(self) -> bool:
        return self.ending in ("png", "jpg", "jpeg", "webp")
