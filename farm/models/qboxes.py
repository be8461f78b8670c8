"""The cache of a site, and who keeps it at the moment."""

from django.db import models

from farm.models.machines import Site


class QBox(models.Model):
    """A site's Q.Box as its keeper last told of it. Counts go on from keeper to keeper."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="qbox")
    holder = models.CharField(max_length=100, blank=True, help_text="The process that keeps it, by its node's name.")
    address = models.CharField(max_length=100, blank=True, help_text="host:port, as the site's nodes reach it.")
    lease_until = models.DateTimeField(null=True, blank=True)
    capacity_bytes = models.BigIntegerField(default=0)
    used_bytes = models.BigIntegerField(default=0)
    object_count = models.PositiveIntegerField(default=0)
    hit_count = models.PositiveBigIntegerField(default=0, help_text="Asked and there already, or on its way.")
    download_count = models.PositiveBigIntegerField(default=0)
    downloaded_bytes = models.PositiveBigIntegerField(default=0)
    served_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = "Q.Box"
        verbose_name_plural = "Q.Boxes"

    def __str__(self) -> str:
        return f"Q.Box of {self.site}"
