"""Sets a scene up as the order's constants say. An empty constant leaves what the artist saved."""

import math

import bpy
from host_speaking import Fault

_LARGEST_SIDE = 65536
_SMALLEST_TILE = 256
_MOST_TILES = 64

_EEVEE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
_ENGINES = {
    "CYCLES": "CYCLES",
    "BLENDER_EEVEE": _EEVEE,
    "BLENDER_EEVEE_NEXT": _EEVEE,
    "EEVEE": _EEVEE,
    "BLENDER_WORKBENCH": "BLENDER_WORKBENCH",
    "WORKBENCH": "BLENDER_WORKBENCH",
}


def chosen_scene(constants):
    """The scene of the order, or the one the file was saved with."""
    name = constants.get("BLEND_SCENE")
    if not name:
        return bpy.context.scene
    scene = bpy.data.scenes.get(name)
    if scene is None:
        known = ", ".join(sorted(scene.name for scene in bpy.data.scenes)[:10])
        raise Fault("SCENE_NAME_UNKNOWN", f"The file has no scene called “{name}”. It has: {known}.")
    return scene


def apply(scene, constants, threads, speaker):
    """Raises Fault."""
    render = scene.render
    render.threads_mode = "FIXED"
    render.threads = threads
    _choose_engine(scene, constants.get("BLEND_ENGINE"))
    _choose_camera(scene, constants.get("BLEND_CAMERA"))
    render.resolution_x = _whole_number(constants, "BLEND_W", _LARGEST_SIDE) or render.resolution_x
    render.resolution_y = _whole_number(constants, "BLEND_H", _LARGEST_SIDE) or render.resolution_y
    render.resolution_percentage = _whole_number(constants, "BLEND_RATIO", 1000) or render.resolution_percentage
    _choose_samples(scene, _whole_number(constants, "BLEND_CYCLES_SAMPLES", 2**24), speaker)
    if render.engine == "CYCLES":
        _set_up_cycles(scene, speaker)


def _whole_number(constants, name, largest):
    text = constants.get(name)
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text[:12]) <= largest:
        raise Fault("CONSTANT_UNREADABLE", f"{name} has to be a whole number from 1 to {largest}, not “{text[:40]}”.")
    return int(text)


def _choose_engine(scene, name):
    if not name:
        return
    engine = _ENGINES.get(name.upper())
    if engine is None:
        raise Fault(
            "ENGINE_UNKNOWN",
            f"There is no render engine “{name}” here. Choose CYCLES, BLENDER_EEVEE or BLENDER_WORKBENCH.",
        )
    scene.render.engine = engine


def _choose_camera(scene, name):
    """A chosen camera holds for all frames: markers of the timeline would switch away from it."""
    cameras = [thing for thing in scene.objects if thing.type == "CAMERA"]
    if name:
        camera = next((camera for camera in cameras if camera.name == name), None)
        if camera is None:
            raise Fault("CAMERA_UNKNOWN", f"The scene has no camera called “{name}”. {_names(cameras)}")
        scene.camera = camera
        for marker in scene.timeline_markers:
            marker.camera = None
    elif not _has_camera(scene) and not _needs_no_camera(scene):
        raise Fault("NO_CAMERA", f"The scene has no active camera to look through. {_names(cameras)}")


def _names(cameras):
    if not cameras:
        return "Add one in Blender, make it the active camera (Ctrl+Numpad 0), save and upload the scene again."
    return f"It has: {', '.join(sorted(camera.name for camera in cameras)[:10])}. Choose one of them."


def _has_camera(scene):
    return scene.camera is not None or any(marker.camera for marker in scene.timeline_markers)


def _needs_no_camera(scene):
    editor = scene.sequence_editor
    if editor is None:
        return False
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences  # renamed in 4.4
    return scene.render.use_sequencer and len(strips) > 0


def _choose_samples(scene, samples, speaker):
    if samples is None:
        return
    if hasattr(scene, "cycles"):
        scene.cycles.samples = samples
    scene.eevee.taa_render_samples = samples
    for layer in scene.view_layers:
        if layer.samples:
            speaker.say(f"View layer “{layer.name}” has {layer.samples} samples of its own; {samples} are rendered.")
            layer.samples = 0


def _set_up_cycles(scene, speaker):
    """Tiles are for the progress: without a window, Cycles says nothing between a few samples."""
    cycles, render = scene.cycles, scene.render
    if cycles.device != "CPU":
        speaker.say("The scene asks for a graphics card; it is rendered on the processor.")
    cycles.device = "CPU"
    cycles.use_auto_tile = True
    cycles.tile_size = min(cycles.tile_size, _tile_side(render))
    if len([layer for layer in scene.view_layers if layer.use]) == 1 and not render.use_motion_blur:
        render.use_persistent_data = True


def _tile_side(render):
    """Each tile costs a little: a large picture gets larger ones, not more of them."""
    pixels = render.resolution_x * render.resolution_y * (render.resolution_percentage / 100) ** 2
    return max(_SMALLEST_TILE, 8 * round(math.sqrt(pixels / _MOST_TILES) / 8))
