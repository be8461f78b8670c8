"""What a scene says of itself, whatever software it is made for (the SCENE_PROBE seam of the artist's side)."""

import sys
from pathlib import Path
from typing import Any

import sandbox
from farm.engines.asking import ask
from farm.engines.blender import probe
from farm.engines.blender.profiles import FAMILY as BLENDER
from farm.engines.host_program import HOSTS
from farm.engines.profiles import families


def read_scene(scene_folder: Path, main_file: str, family: str, version: str) -> dict[str, Any]:
    """Facts and problems of `main_file`, or {"error": a sentence}; never raises for a bad scene.

    `version` is the file's own line ("4.5"), or empty. A Blender opens its scenes itself; those of
    other software are text, which the profile's reader reads without the software.
    """
    if family == BLENDER:
        return probe.probe_scene(scene_folder, main_file, version)
    members = families().get(family, ())
    reader = members[-1].reader if members else None
    if reader is None:
        return {"error": f"Scenes of {members[-1].software if members else family} are not looked at before rendering."}
    python = Path(sys.executable)
    command = [str(python), "-I", "-B", "-X", "utf8", str(reader)]
    readable = [*sandbox.interpreter_folders(python), reader.parent, HOSTS]
    return ask(command, readable, scene_folder, main_file, f"The scene check for {members[-1].software}")
