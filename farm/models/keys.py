"""What is known of the farm's key without the key."""

from django.db import models


class KeyMark(models.Model):
    """One row: a digest of the TOKEN_KEY that all machines of the farm work with (farm.key_mark)."""

    THE_ONE = 1

    mark = models.CharField(max_length=64)
