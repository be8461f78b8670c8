"""Where and on what is rendered."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Site(models.Model):
    """A place with machines, whose heat somebody may want."""

    class HeatWish(models.TextChoices):
        NONE = "none", "no heat wanted"
        NOW = "now", "heat wanted until this is switched off"
        HOURS = "hours", "heat wanted in its heating hours"

    name = models.SlugField(unique=True)
    place = models.CharField(max_length=100, blank=True, help_text="The town, as artists read it: Lyon.")
    heat_wish = models.CharField(max_length=8, choices=HeatWish, default=HeatWish.NONE)
    heating_hours = models.CharField(
        max_length=300, blank=True, help_text="For “in its heating hours”: mon-fri 6-9, mon-fri 17-22, sat-sun 8-23."
    )
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Of its heating hours: Europe/Paris.")
    grid_intensity = models.FloatField(
        default=56.0, help_text="Grams of CO₂ equivalent a kilowatt-hour of its grid. 56: France, mean of 2023 (Ember)."
    )

    def __str__(self) -> str:
        return self.name


class Node(models.Model):
    """A machine that renders, as it described itself at its last heartbeat."""

    class Tier(models.TextChoices):
        ISOLATED = "A", "isolated"
        CONFINED = "B", "confined"
        OPEN = "C", "open: takes only its owner's scenes"

    name = models.SlugField(unique=True)
    mark = models.CharField(
        max_length=32, blank=True, help_text="Of the folder it works in: tells two machines of one name apart."
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="nodes")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Whose scenes tier C takes.",
    )
    cpu_model = models.CharField(max_length=200, blank=True)
    core_count = models.PositiveIntegerField(default=1)
    memory_mb = models.PositiveIntegerField(default=0)
    has_ssd = models.BooleanField(default=False, help_text="Of the disk it renders on.")
    gpu_model = models.CharField(max_length=200, blank=True)
    watts = models.FloatField(default=0, help_text="Under full load, measured; 0: estimated from its cores.")
    slot_count = models.PositiveIntegerField(default=1)
    sandbox_tier = models.CharField(max_length=1, choices=Tier, default=Tier.OPEN)
    sandbox_note = models.TextField(blank=True, help_text="What the self-test found, and what to change.")
    profiles = models.JSONField(default=list, help_text="Names of the profiles installed.")
    unavailable_profiles = models.JSONField(default=dict, help_text="Name of a profile → why it isn't offered here.")
    has_opengl = models.BooleanField(default=False, help_text="EEVEE and Workbench work here.")
    heartbeat_at = models.DateTimeField(default=timezone.now)
    load_percent = models.FloatField(default=0, help_text="Of all its cores, at the last heartbeat.")
    is_draining = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Taken out of the farm; its work went on.")
    avoided_until = models.DateTimeField(null=True, blank=True, help_text="It kept failing: others go first.")
    avoided_reason = models.TextField(blank=True, help_text="What it kept failing with.")
    problem = models.TextField(blank=True, help_text="Why it takes nothing at the moment, and what to do.")

    def __str__(self) -> str:
        return self.name

    @property
    def cores_a_slot(self) -> int:
        return max(1, self.core_count // max(1, self.slot_count))
