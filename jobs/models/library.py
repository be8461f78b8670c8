"""Libraries: files kept once in a bucket of their own and attached to any number of renders."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from jobs.models.job import Job

if TYPE_CHECKING:
    from accounts.models import Account


class LibraryQuerySet(models.QuerySet["Library"]):
    def visible_to(self, account: "Account") -> "LibraryQuerySet":
        return self.filter(account_id=account.pk)


class Library(models.Model):
    """Its files lie in the account's bucket `library-<slug>`, at the paths scenes expect them at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="libraries")
    name = models.CharField(max_length=200)
    bucket = models.CharField(max_length=63)
    created_at = models.DateTimeField(default=timezone.now)
    listed_at = models.DateTimeField(null=True, help_text="When its bucket was last looked through.")
    due_at = models.DateTimeField(null=True, db_index=True, help_text="When a worker looks through it (again).")

    objects = LibraryQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        verbose_name_plural = "libraries"
        constraints = [models.UniqueConstraint(fields=["account", "bucket"], name="library_bucket_once_an_account")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("library", args=[self.pk])


class LibraryFile(models.Model):
    """An object of the bucket as it was last listed."""

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=1024, help_text="Its key in the bucket.")
    folded_name = models.CharField(max_length=255, help_text="Its name without folders, as a search folds it.")
    size_bytes = models.BigIntegerField()
    etag = models.CharField(max_length=100)
    links = models.JSONField(
        null=True, blank=True, help_text="What a .blend needs: [{path, kind, is_outside}]; null: not known."
    )
    read_count = models.PositiveIntegerField(default=0, help_text="Attempts at reading its links.")

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["library", "path"], name="path_once_a_library")]
        indexes = [models.Index(fields=["library", "folded_name"])]

    def __str__(self) -> str:
        return self.path


class JobLibrary(models.Model):
    """A library as attached to a render; of two with the same file the later one counts."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attached_libraries")
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="attachments")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["job", "library"], name="library_once_a_job")]

    def __str__(self) -> str:
        return f"{self.library_id} of {self.job_id}"
