"""What the operator grants one person of the farm."""

from django.conf import settings
from django.db import models


class Limit(models.Model):
    """How much of the farm an account may have at once; without a row, all of it."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="farm_limit"
    )
    running_instances = models.PositiveIntegerField(help_text="Instances that may run at once. 0: none.")

    def __str__(self) -> str:
        return f"{self.account}: {self.running_instances}"
