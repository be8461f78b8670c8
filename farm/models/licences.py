"""The licences that software needs beside a machine."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

_IS_CONSTANT = RegexValidator(r"^[A-Za-z_][A-Za-z0-9_]*$", "A constant's name has letters, digits and “_”.")


class Licence(models.Model):
    """What some profiles need. How many of its seats are in use is counted (farm.seats), and kept nowhere."""

    name = models.SlugField(unique=True, help_text="In accounts' secrets: licences/vray/server.")
    title = models.CharField(max_length=100, help_text="As artists read it: V-Ray.")
    profiles = models.JSONField(default=list, help_text='Profiles or families that need it: ["vray-6.1", "houdini"].')
    seats = models.PositiveIntegerField(default=0, help_text="The farm's own; 0: artists bring theirs.")
    extra_rate = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0)],
        help_text="Render hours that an hour with a seat of the farm costs more.",
    )
    allows_own = models.BooleanField(default=True, help_text="Artists may bring their own.")
    host_constant = models.CharField(
        max_length=100,
        blank=True,
        validators=[_IS_CONSTANT],
        help_text="Tells the software where its licence server is: LICENSE_SERVER_HOST. Empty: it takes none.",
    )
    port_constant = models.CharField(
        max_length=100, blank=True, validators=[_IS_CONSTANT], help_text="The server's port: LICENSE_SERVER_PORT."
    )
    key_constant = models.CharField(
        max_length=100,
        blank=True,
        validators=[_IS_CONSTANT],
        help_text="Tells the software its key: LICENSE_KEY. Empty: it takes none.",
    )
    server = models.CharField(
        max_length=300, blank=True, help_text="The licence server of the farm's own seats: licences.farm.example:27000."
    )
    sealed_key = models.TextField(blank=True, editable=False, help_text="The farm's own key (farm.licences).")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title

    @property
    def takes_server(self) -> bool:
        return bool(self.host_constant)

    @property
    def takes_key(self) -> bool:
        return bool(self.key_constant)
