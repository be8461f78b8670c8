"""What an account's instances may know, and nobody else."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Secret(models.Model):
    """A value of an account by a name like a path. Only farm.secrets reads `ciphertext`."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="secrets")
    key = models.CharField(max_length=255)
    ciphertext = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="secret_once_an_account")]

    def __str__(self) -> str:
        return self.key
