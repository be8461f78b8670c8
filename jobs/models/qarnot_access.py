"""An account's way into Qarnot's cloud."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class QarnotAccess(models.Model):
    """The token an account gave us, sealed; only jobs.qarnot_access writes it and opens it."""

    class Problem(models.TextChoices):
        REFUSED = "refused", "Qarnot does not accept it"
        UNREADABLE = "unreadable", "Sealed with another key"

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="qarnot_access"
    )
    sealed_token = models.TextField()
    last_four = models.CharField(max_length=4, help_text="Of the token: all that is ever shown of it.")
    email = models.CharField(max_length=254, help_text="Qarnot's name for the account; the access key of its storage.")
    storage_url = models.CharField(max_length=500, help_text="As Qarnot told it.")
    given_at = models.DateTimeField(
        default=timezone.now, help_text="The first one. What was ordered before stays there."
    )
    checked_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=12, choices=Problem, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "Qarnot access", "Qarnot accesses"

    def __str__(self) -> str:
        return f"Qarnot access of {self.account}"
