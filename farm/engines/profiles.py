"""The renderers the farm offers: name, version, constants and licence of each, and which are installed."""

from typing import TypedDict

from farm.engines.blender.profiles import BLENDER_PROFILES
from farm.engines.installation import is_installed, ocio_config
from farm.engines.profile import Constant, Profile

__all__ = ["Constant", "Profile", "all_profiles", "blender_versions", "find"]


class BlenderVersion(TypedDict):
    """One line of the order form's choice of Blender."""

    profile: str
    version: str
    line: str
    installed: bool
    ocio_config: str
    """Path of this Blender's own colour configuration; empty where it isn't installed."""


_FAMILIES: dict[str, tuple[Profile, ...]] = {"blender": BLENDER_PROFILES}
"""A name without a version, and the profiles it stands for, oldest first."""


def all_profiles() -> dict[str, Profile]:
    """Every profile by name, oldest version first, installed or not."""
    return {profile.name: profile for members in _FAMILIES.values() for profile in members}


def find(name: str) -> Profile | None:
    """The profile of that name; a bare family name ("blender") is its newest installed one."""
    members = _FAMILIES.get(name)
    if members:
        return next((profile for profile in reversed(members) if is_installed(profile)), members[-1])
    return all_profiles().get(name)


def blender_versions() -> list[BlenderVersion]:
    """Which Blenders the farm knows (the ENGINE_VERSIONS seam)."""
    return [
        {
            "profile": profile.name,
            "version": profile.version,
            "line": profile.line,
            "installed": is_installed(profile),
            "ocio_config": str(ocio_config(profile) or ""),
        }
        for profile in BLENDER_PROFILES
    ]
