"""LuxCore: a renderer that goes on until it has the samples or the time it was given."""

from pathlib import Path

from farm.engines.luxcore.constants import CONSTANTS
from farm.engines.luxcore.engine import open_engine
from farm.engines.profile import Profile
from farm.engines.wheel import WheelInstallation

FAMILY = "luxcore"

_VERSION_CHECK = "import os, pyluxcore; print(); print(pyluxcore.Version(), flush=True); os._exit(0)"
"""os._exit: LuxCore aborts while the interpreter ends."""

PROFILES = (
    Profile(
        name="luxcore-2.11",
        software="LuxCore",
        version="2.11.2",
        licence="Apache-2.0",
        constants=CONSTANTS,
        installation=WheelInstallation(
            requirement="pyluxcore==2.11.2", python="3.11", version_check=_VERSION_CHECK, installed_mb=430
        ),
        open_engine=open_engine,
        scene_endings=(".cfg",),
        scene_constant="LUXCORE_FILE",
        reader=Path(__file__).resolve().parent / "host_reader.py",
        are_instances_frames=False,
    ),
)
