"""Which profiles the farm's machines can carry out, and why not the others."""

from farm import wakes
from farm.engines import profiles
from farm.engines.profile import Profile
from farm.models import Node


def find(name: str) -> Profile | None:
    """The profile of that name, or for a version we lack the nearest newer one that a machine has."""
    offered = _Offered()
    return profiles.find(name, lambda profile: not offered.why_unavailable(profile))


def why_unavailable(profile: Profile) -> str:
    """A sentence; empty where a machine of the farm can carry it out."""
    return _Offered().why_unavailable(profile)


class _Offered:
    """What the live machines said at their last heartbeat; before any has registered, what this one has."""

    def __init__(self) -> None:
        self._nodes = list(wakes.live_nodes())
        self._is_farm_empty = not self._nodes and not Node.objects.exists()

    def why_unavailable(self, profile: Profile) -> str:
        if self._is_farm_empty:
            return profile.installation.why_missing(profile)
        if any(profile.name in node.profiles for node in self._nodes):
            return ""
        reasons = [node.unavailable_profiles.get(profile.name, "") for node in self._nodes]
        return next(filter(None, reasons), f"No machine of the farm has {profile.software} {profile.version} now.")
