"""Where pictures go and in what format: stills below the job folder, whatever the scene says."""

import os
import re
from dataclasses import dataclass

import bpy
from host_speaking import Fault

_STILL, _LAYERS = "IMAGE", "MULTI_LAYER_IMAGE"


@dataclass(frozen=True)
class PictureFormat:
    blender_name: str
    extension: str
    media: str = _STILL


_FORMATS = {
    "PNG": PictureFormat("PNG", ".png"),
    "EXR": PictureFormat("OPEN_EXR", ".exr"),
    "MULTILAYER": PictureFormat("OPEN_EXR_MULTILAYER", ".exr", _LAYERS),
    "JPEG": PictureFormat("JPEG", ".jpg"),
    "TGA": PictureFormat("TARGA", ".tga"),
}
_MOVIES = {"FFMPEG", "AVI_JPEG", "AVI_RAW"}
_OUTPUTS = "outputs"
"""Folder of File Output nodes that name none of their own: beside the pictures, never over them."""


def size_in_pixels(render):
    percent = render.resolution_percentage
    return render.resolution_x * percent // 100, render.resolution_y * percent // 100


def has_strips(scene):
    """Whether the picture comes from the video sequencer."""
    editor = scene.sequence_editor
    if editor is None:
        return False
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences  # renamed in 4.4
    return scene.render.use_sequencer and len(strips) > 0


def choose_format(scene, name, speaker):
    """Depth, compression and colour mode stay the artist's where the format is theirs. Raises Fault."""
    chosen = _FORMATS.get(name.upper())
    if chosen is None:
        known = ", ".join(_FORMATS)
        raise Fault("FORMAT_UNKNOWN", f"“{name}” is no picture format of this farm. Choose one of: {known}.")
    settings = scene.render.image_settings
    if settings.file_format in _MOVIES:
        speaker.say("The scene is set to write a film; the farm renders its frames as single pictures.")
    if settings.file_format != chosen.blender_name:
        if hasattr(settings, "media_type"):
            settings.media_type = chosen.media  # Blender 5 refuses the format otherwise
        settings.file_format = chosen.blender_name
    scene.render.use_file_extension = True
    scene.render.use_overwrite = True
    scene.render.use_placeholder = False
    return chosen


def keep_file_outputs_below(job, speaker):
    """Every File Output node writes below the job folder, under the artist's own names where they are safe."""
    for node in file_output_nodes():
        folder = _redirect(node, job)
        if not node.mute:
            speaker.say(f"The File Output node “{node.name}” writes below {folder}/")


def file_output_nodes():
    for tree in _compositor_trees():
        yield from (node for node in tree.nodes if node.bl_idname == "CompositorNodeOutputFile")


def _compositor_trees():
    """In Blender 4 a scene has its own; in Blender 5 all are node groups."""
    own = (getattr(scene, "node_tree", None) for scene in bpy.data.scenes)
    trees = [*own, *(group for group in bpy.data.node_groups if group.bl_idname == "CompositorNodeTree")]
    return {tree.as_pointer(): tree for tree in trees if tree is not None}.values()


def _redirect(node, job):
    """The folder, relative to the job's."""
    if hasattr(node, "base_path"):  # Blender 4
        folder = _redirect_paths(node, job)
    else:
        folder = safe_relative(node.directory) or _OUTPUTS
        node.directory = os.path.join(job, folder)
        node.file_name = safe_relative(node.file_name)
        for item in node.file_output_items:
            item.name = safe_relative(item.name) or "picture"
    os.makedirs(os.path.join(job, folder), exist_ok=True)
    return folder


def _redirect_paths(node, job):
    """With a multilayer format the path is the file's, else the folder's."""
    if "MULTILAYER" in node.format.file_format:
        parent, name = os.path.split(safe_relative(node.base_path))
        folder = parent or _OUTPUTS
        node.base_path = os.path.join(job, folder, name or "layers_")
        return folder
    folder = safe_relative(node.base_path) or _OUTPUTS
    node.base_path = os.path.join(job, folder)
    for slot in node.file_slots:
        slot.path = safe_relative(slot.path) or "picture"
        os.makedirs(os.path.join(job, folder, os.path.dirname(slot.path)), exist_ok=True)
    return folder


def safe_relative(path):
    """A path below the folder it is put in: no root, no drive, no way up.

    An absolute path names a place on the artist's machine: its last part is kept.
    """
    parts = [part for part in re.split(r"[/\\]+", path.removeprefix("//")) if part not in {"", ".", ".."}]
    is_absolute = re.match(r"/(?!/)|[A-Za-z]:|\\", path) is not None
    parts = [re.sub(r"[\x00-\x1f:*?\"<>|]", "_", part) for part in (parts[-1:] if is_absolute else parts)]
    return "/".join(parts)
