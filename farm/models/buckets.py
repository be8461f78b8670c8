"""The accounts' buckets."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Bucket(models.Model):
    """A bucket of an account, named as typed; its objects are keys under `prefix` of the backing bucket."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="buckets")
    name = models.CharField(max_length=255)
    cors = models.JSONField(default=list, help_text="Rules for pages of other origins (farm.storage.cors.Rule).")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="bucket_once_an_account")]

    def __str__(self) -> str:
        return self.name
