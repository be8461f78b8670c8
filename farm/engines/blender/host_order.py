"""Sets a scene up as the order's constants say. An empty constant leaves what the artist saved."""

import math

import bpy
import host_job
import host_layers
import host_output
from host_speaking import Fault

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
    "BLENDER_RENDER": _EEVEE,
    "BLENDER_GAME": _EEVEE,
}
_GONE = {"BLENDER_RENDER", "BLENDER_GAME"}
"""Of Blender before 2.80; scripts of that time still name them. Blender itself takes EEVEE for them."""


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
    _choose_engine(scene, constants.get("BLEND_ENGINE"), speaker)
    _choose_camera(scene, constants.get("BLEND_CAMERA"))
    render.resolution_x = host_job.number(constants, "BLEND_W") or render.resolution_x
    render.resolution_y = host_job.number(constants, "BLEND_H") or render.resolution_y
    render.resolution_percentage = host_job.number(constants, "BLEND_RATIO", most=1000) or render.resolution_percentage
    host_layers.choose_layer(scene, constants.get("BLEND_VIEW_LAYER"))
    host_layers.choose_denoising(scene, constants.get("BLEND_DENOISING"), speaker)
    _choose_samples(scene, host_job.number(constants, "BLEND_CYCLES_SAMPLES", most=2**24), speaker)
    if render.engine == "CYCLES":
        _set_up_cycles(scene, speaker)


def _choose_engine(scene, name, speaker):
    if not name:
        return
    if name.upper() in _GONE:
        speaker.say(f"{name} is no engine of Blender {bpy.app.version_string} any more: EEVEE, its successor, renders.")
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
    elif not _has_camera(scene) and not host_output.has_strips(scene):
        raise Fault("NO_CAMERA", f"The scene has no active camera to look through. {_names(cameras)}")


def _names(cameras):
    if not cameras:
        return "Add one in Blender, make it the active camera (Ctrl+Numpad 0), save and upload the scene again."
    return f"It has: {', '.join(sorted(camera.name for camera in cameras)[:10])}. Choose one of them."


def _has_camera(scene):
    return scene.camera is not None or any(marker.camera for marker in scene.timeline_markers)


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
    width, height = host_output.size_in_pixels(render)
    return max(_SMALLEST_TILE, 8 * round(math.sqrt(width * height / _MOST_TILES) / 8))
