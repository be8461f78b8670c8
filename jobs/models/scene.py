"""What an artist brought: a scene."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.enums import SceneState, Where


class Scene(models.Model):
    """A .blend with the files beside it, under `<id>/` in the account's bucket `scenes`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scenes")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=SceneState, default=SceneState.UPLOADING)
    stored_at = models.CharField(
        max_length=12, choices=Where, default=Where.STUDIO, help_text="Whose storage its files were sent to."
    )
    software = models.CharField(max_length=40, default="blender", help_text="What opens it (jobs.software).")
    main_file = models.CharField(max_length=1000, blank=True, help_text="Path of the .blend inside the scene.")
    size_bytes = models.BigIntegerField(default=0)
    facts = models.JSONField(default=dict, help_text="jobs.domain.scene_facts.SceneFacts as a dict")
    problems = models.JSONField(default=list, help_text="[{id, …arguments}], worst first (jobs.problems)")
    thumbnail = models.FileField(upload_to="scenes", blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    check_count = models.PositiveIntegerField(default=0, help_text="Checks begun; after a few the scene is refused.")
    check_started_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True, help_text="When the sweep looks at it (again).")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
