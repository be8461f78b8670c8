"""The Blenders we offer. Older wheels than these run a scene's Freestyle scripts even with scripts off."""

from pathlib import Path

from farm.engines.profile import Constant, Profile

_CONSTANTS = (
    Constant("BLEND_FILE", "undefined.blend", "The scene file, by its path in the resource buckets"),
    Constant("BLEND_FORMAT", "PNG", "Picture format: PNG, EXR, MULTILAYER, JPEG or TGA"),
    Constant("BLEND_ENGINE", "", "CYCLES, BLENDER_EEVEE or BLENDER_WORKBENCH; empty: the engine of the scene"),
    Constant("BLEND_CYCLES_SAMPLES", "", "Samples a pixel for Cycles; empty: as in the scene"),
    Constant("BLEND_W", "", "Width in pixels; empty: as in the scene"),
    Constant("BLEND_H", "", "Height in pixels; empty: as in the scene"),
    Constant("BLEND_RATIO", "", "Percent of the size to render; empty: as in the scene"),
    Constant("BLEND_SCENE", "", "Name of the scene inside the file; empty: the one it was saved with"),
    Constant("BLEND_CAMERA", "", "Name of the camera; empty: the active one"),
)

_VERSION_CHECK = (
    "import os, bpy; bpy.ops.wm.read_factory_settings(); print('.'.join(map(str, bpy.app.version)), flush=True);"
    " os._exit(0)"
)
"""os._exit: Blender may hang or crash while the interpreter ends."""


def _blender(version: str, python: str, installed_mb: int) -> Profile:
    line = ".".join(version.split(".")[:2])
    return Profile(
        name=f"blender-{line}",
        software="Blender",
        version=version,
        python=python,
        licence="GPL-3.0-or-later",
        constants=_CONSTANTS,
        requirement=f"bpy=={version}",
        version_check=_VERSION_CHECK,
        installed_mb=installed_mb,
        host=Path(__file__).resolve().parent / "host.py",
    )


BLENDER_PROFILES = (
    _blender("4.5.15", python="3.11", installed_mb=950),
    _blender("5.2.3", python="3.13", installed_mb=1010),
)
"""Oldest first."""
