"""The Blenders we offer: each long-term release that has a wheel, and the newest.

4.2.23 runs a scene's Freestyle scripts even where scripts are off (4.5.15 and 5.2.3 don't). What stops them in
every version is the sandbox; beside it the host program switches Freestyle's script mode off after opening.
"""

from farm.engines.blender.constants import CONSTANTS
from farm.engines.blender.engine import open_engine
from farm.engines.blender.frames import plan_frames
from farm.engines.profile import Profile
from farm.engines.wheel import WheelInstallation

FAMILY = "blender"

_VERSION_CHECK = (
    "import os, bpy; bpy.ops.wm.read_factory_settings(); print('.'.join(map(str, bpy.app.version)), flush=True);"
    " os._exit(0)"
)
"""os._exit: Blender may hang or crash while the interpreter ends."""


def _blender(version: str, python: str, installed_mb: int) -> Profile:
    line = ".".join(version.split(".")[:2])
    return Profile(
        name=f"{FAMILY}-{line}",
        software="Blender",
        version=version,
        licence="GPL-3.0-or-later",
        constants=CONSTANTS,
        installation=WheelInstallation(f"bpy=={version}", python, _VERSION_CHECK, installed_mb),
        open_engine=open_engine,
        scene_endings=(".blend",),
        scene_constant="BLEND_FILE",
        plan_frames=plan_frames,
    )


PROFILES = (
    _blender("4.2.23", python="3.11", installed_mb=970),
    _blender("4.5.15", python="3.11", installed_mb=950),
    _blender("5.2.3", python="3.13", installed_mb=1010),
)
"""Oldest first."""
