"""A file on its way from a browser: to a scene, to a library, or an add-on's zip."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.enums import UploadState
from jobs.models.add_on import AddOn
from jobs.models.library import Library
from jobs.models.scene import Scene

HAS_ONE_PLACE = (
    Q(scene__isnull=False, library__isnull=True, add_on__isnull=True)
    | Q(scene__isnull=True, library__isnull=False, add_on__isnull=True)
    | Q(scene__isnull=True, library__isnull=True, add_on__isnull=False)
)


class Upload(models.Model):
    """One file on its way from a browser to S3 by presigned parts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    scene = models.ForeignKey(Scene, null=True, blank=True, on_delete=models.CASCADE, related_name="uploads")
    library = models.ForeignKey(Library, null=True, blank=True, on_delete=models.CASCADE, related_name="uploads")
    add_on = models.ForeignKey(AddOn, null=True, blank=True, on_delete=models.CASCADE, related_name="uploads")
    path = models.CharField(max_length=1000, help_text="Relative path inside its place, cleaned.")
    size_bytes = models.BigIntegerField()
    fingerprint = models.CharField(
        max_length=200, help_text="name, size and time of change: finds an unfinished upload."
    )
    part_size_bytes = models.BigIntegerField()
    s3_upload_id = models.CharField(max_length=1024, blank=True)
    state = models.CharField(max_length=12, choices=UploadState, default=UploadState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(
        default=timezone.now, help_text="Last time the browser asked; idle ones are aborted."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=HAS_ONE_PLACE, name="upload_has_one_place"),
            models.UniqueConstraint(fields=["scene", "path"], name="path_once_a_scene"),
            models.UniqueConstraint(fields=["library", "path"], name="upload_once_a_library"),
            models.UniqueConstraint(fields=["add_on", "path"], name="upload_once_an_add_on"),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def place(self) -> Scene | Library | AddOn:
        """What it is a file of."""
        place = self.scene or self.library or self.add_on
        assert place is not None  # the database holds it so
        return place
