"""Which Blenders the farm knows, for the artist's side (the ENGINE_VERSIONS seam)."""

from pathlib import Path
from typing import TypedDict

from farm.engines.blender.profiles import PROFILES
from farm.engines.profile import Profile


class BlenderVersion(TypedDict):
    """One line of the order form's choice of Blender."""

    profile: str
    version: str
    line: str
    installed: bool
    ocio_config: str
    """Path of this Blender's own colour configuration; empty where it isn't installed."""


def blender_versions() -> list[BlenderVersion]:
    return [
        {
            "profile": profile.name,
            "version": profile.version,
            "line": profile.line,
            "installed": profile.is_installed,
            "ocio_config": str(_ocio_config(profile) or ""),
        }
        for profile in PROFILES
    ]


def _ocio_config(profile: Profile) -> Path | None:
    """Blender's own colour configuration, which turns an EXR into the picture Blender shows."""
    found = sorted(profile.folder.glob("lib/python*/site-packages/bpy/*/datafiles/colormanagement/config.ocio"))
    return found[0] if found else None
