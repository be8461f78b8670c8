"""What the operator asks for an hour of a machine."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

LEAST_RATE, MOST_RATE = 0.01, 1000.0


class Rate(models.Model):
    """The operator's own rate of a profile, or of every version of a software that has none (farm.prices)."""

    profile = models.CharField(
        max_length=100,
        unique=True,
        help_text="blender-4.5, or blender for all versions that have no rate of their own.",
    )
    hours_an_hour = models.FloatField(
        "render hours an hour",
        validators=[MinValueValidator(LEAST_RATE), MaxValueValidator(MOST_RATE)],
        help_text="What an hour of its execution costs. Tasks keep the rate they were ordered at.",
    )

    def __str__(self) -> str:
        return f"{self.profile}: {self.hours_an_hour:g}"
