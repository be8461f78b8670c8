"""Blender add-ons an artist brought, and the renders that use them."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.enums import AddOnState
from jobs.models.job import Job
from jobs.models.scene import Scene

if TYPE_CHECKING:
    from accounts.models import Account


class AddOnQuerySet(models.QuerySet["AddOn"]):
    def visible_to(self, account: "Account") -> "AddOnQuerySet":
        return self.filter(account_id=account.pk)


class AddOn(models.Model):
    """A zip in the account's bucket `add-ons`. It is a program: nothing of it runs outside the sandbox."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="add_ons")
    scene = models.ForeignKey(
        Scene, null=True, blank=True, on_delete=models.CASCADE, help_text="Brought for this scene only."
    )
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=40, blank=True)
    module = models.CharField(max_length=200, blank=True, help_text="What Blender calls it.")
    least_blender = models.CharField(max_length=20, blank=True, help_text="The oldest Blender line it says it needs.")
    key = models.CharField(max_length=1024, blank=True, help_text="Of the zip, in the bucket.")
    size_bytes = models.BigIntegerField(default=0)
    is_on = models.BooleanField(default=False, help_text="Checked in every new order of the account.")
    state = models.CharField(max_length=12, choices=AddOnState, default=AddOnState.UPLOADING)
    problem = models.JSONField(null=True, blank=True, help_text="{id, …arguments} (jobs.problems)")
    check_count = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, db_index=True, help_text="When a worker checks it (again).")
    created_at = models.DateTimeField(default=timezone.now)

    objects = AddOnQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class JobAddOn(models.Model):
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attached_add_ons")
    add_on = models.ForeignKey(AddOn, on_delete=models.CASCADE, related_name="attachments")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["job", "add_on"], name="add_on_once_a_job")]

    def __str__(self) -> str:
        return f"{self.add_on_id} of {self.job_id}"
