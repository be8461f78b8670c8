"""Opens a scene without trusting it, and sets it up as ordered."""

import os
from dataclasses import dataclass

import bpy
import host_addons
import host_findings
import host_job
import host_missing
import host_order
import host_output
import host_simulation
from host_speaking import Fault

_MAGICS = (b"BLENDER", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""Plain, gzip, zstandard."""


@dataclass
class Loaded:
    scene: "bpy.types.Scene"
    job: str
    picture: host_output.PictureFormat
    simulation: host_simulation.Simulation
    is_in_tiles: bool = False
    """Set up for tiles, not for whole pictures."""


def load(constants, job, threads, speaker):
    """Raises Fault."""
    path = scene_path(job, constants.get("BLEND_FILE", ""))
    host_addons.switch_on(constants.get("BLEND_ADDONS", ""), job, speaker)
    open_file(path)
    host_missing.find_by_name(job, speaker)
    scene = host_order.chosen_scene(constants)
    host_findings.tell(speaker)
    disarm(speaker)
    host_order.apply(scene, constants, threads, speaker)
    picture = host_output.choose_format(scene, constants.get("BLEND_FORMAT") or "PNG", speaker)
    host_output.keep_file_outputs_below(job, speaker)
    if job != "/job" and not scene.render.use_stamp:
        scene.render.use_stamp_filename = False  # no path of this machine in the pictures
    return Loaded(scene, job, picture, host_simulation.Simulation(scene, speaker))


def scene_path(job, name):
    """The file that BLEND_FILE names. Raises Fault."""
    return host_job.scene_path(job, name, "BLEND_FILE", (".blend",))


def open_file(path):
    """Raises Fault. Scripts of the file stay off."""
    name = os.path.basename(path)
    with open(path, "rb") as file:
        start = file.read(7)
    if not start:
        raise Fault("SCENE_UNREADABLE", f"“{name}” is empty: upload it again.")
    if not start.startswith(_MAGICS):
        raise Fault("SCENE_UNREADABLE", f"“{name}” is not a Blender file: upload the .blend file itself.")
    try:
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
    except RuntimeError as failure:
        raise Fault("SCENE_UNREADABLE", _why_unreadable(name, str(failure))) from None


def _why_unreadable(name, words):
    here = bpy.app.version_string
    if "newer" in words:
        return f"“{name}” was saved by a newer Blender than {here}: choose a newer Blender for this render."
    if "endian" in words:
        return f"“{name}” was saved on a big-endian machine: open and save it with an older Blender, then upload it."
    return f"“{name}” is damaged, Blender {here} can't open it: save it again in Blender and upload it once more."


def disarm(speaker):
    """Freestyle's script mode is the one way a scene's Python would run with scripts off."""
    for scene in bpy.data.scenes:
        for layer in scene.view_layers:
            if layer.freestyle_settings.mode == "SCRIPT":
                layer.freestyle_settings.mode = "EDITOR"
                speaker.say(f"Freestyle scripts of the view layer “{layer.name}” are not run: its line sets are used.")
