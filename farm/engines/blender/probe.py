"""Asks a sandboxed Blender what it sees in a scene."""

from pathlib import Path
from typing import Any

from farm.engines.asking import ask
from farm.engines.blender.profiles import FAMILY
from farm.engines.host_program import readable_folders, start_command
from farm.engines.profiles import nearest_installed

_HOST = Path(__file__).resolve().parent / "host_probe.py"


def probe_scene(scene_folder: Path, main_file: str, version: str) -> dict[str, Any]:
    """What Blender says of `main_file`, or {"error": a sentence}; never raises for a bad scene.

    `version` is the file's line ("4.5"); the nearest installed Blender opens it.
    """
    profile = nearest_installed(FAMILY, version)
    if profile is None:
        return {"error": "No Blender is installed on this machine: run manage.py engine install blender-4.5."}
    readable = readable_folders(profile, _HOST)
    return ask(start_command(profile, _HOST), readable, scene_folder, main_file, f"Blender {profile.version}")
