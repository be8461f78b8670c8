"""Renders one frame of a loaded scene into the job folder, where a file's name means it is whole."""

import os
import re
import shutil
import time

import bpy
from host_speaking import Fault

_WRITING = ".writing"
_SAY_EVERY_SECONDS = 1.0
_SAMPLE = re.compile(r"(?:Sample|Rendering) (\d+) ?/ ?(\d+)")
_TILE = re.compile(r"Rendered (\d+)/(\d+) Tiles")
_GRAPHICS_ENGINES = {"BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH"}


def prepare_graphics(loaded, shader_seed):
    """Compiling the shaders of EEVEE takes longer than a frame: begin with those the farm has compiled itself.

    A copy, never the farm's own: a scene that got hold of this process could leave code in it for others.
    """
    cache = os.environ.get("MESA_SHADER_CACHE_DIR")
    if loaded.scene.render.engine in _GRAPHICS_ENGINES and shader_seed and cache and not os.path.exists(cache):
        shutil.copytree(shader_seed, cache, copy_function=shutil.copyfile)


def render(loaded, frame, speaker):
    """Raises Fault."""
    scene = loaded.scene
    loaded.simulation.go_to(frame)
    folder = os.path.join(loaded.job, _WRITING)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    scene.render.filepath = os.path.join(folder, f"{frame:04d}")
    progress = Progress(scene, frame, speaker)
    bpy.app.handlers.render_stats.append(progress.heard)
    try:
        bpy.ops.render.render(write_still=True, scene=scene.name)
    except RuntimeError as failure:
        raise _explained(str(failure), loaded.job) from None
    finally:
        bpy.app.handlers.render_stats.remove(progress.heard)
    _deliver(folder, loaded, speaker)


def _explained(words, job):
    if "no camera" in words:
        return Fault("NO_CAMERA", "The scene has no active camera at this frame. Make one active, save and upload it.")
    if "cannot save" in words or "rror writing" in words:
        return _not_written(job)
    return Fault("RENDER_FAILED", f"Blender could not render this frame: {' '.join(words.split())[:500]}")


def _not_written(job):
    if shutil.disk_usage(job).free < 64 * 1024 * 1024:
        return Fault("DISK_FULL", "The disk of the machine ran full while the picture was written.")
    return Fault("NO_PICTURE", "Blender finished the frame and wrote no picture; the log says more.")


def _deliver(folder, loaded, speaker):
    """Stereo scenes leave one picture an eye."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(loaded.picture.extension))
    if not names:
        raise _not_written(loaded.job)
    for name in names:
        os.replace(os.path.join(folder, name), os.path.join(loaded.job, name))
        speaker.event("file", path=name)
    shutil.rmtree(folder, ignore_errors=True)


class Progress:
    """Makes percents of what Blender says while it renders. Blender 5 prints none of it: then the log gets it here."""

    def __init__(self, scene, frame, speaker):
        self._layers = max(1, len([layer for layer in scene.view_layers if layer.use]))
        self._frame = frame
        self._speaker = speaker
        self._layer = 0
        self._part = 0.0
        self._told = -1
        self._said_at = time.monotonic()

    def heard(self, *arguments):
        text = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        part = _part_done(text)
        if part is not None:
            self._tell(part, text)
        now = time.monotonic()
        if bpy.app.version >= (5, 0) and text and now - self._said_at >= _SAY_EVERY_SECONDS:
            self._said_at = now
            self._speaker.say(f"Fra:{self._frame} | {text}")

    def _tell(self, part, text):
        if part < self._part / 2 and self._layer < self._layers - 1:
            self._layer += 1  # the next view layer begins
        self._part = part
        percent = int(100 * (self._layer + part) / self._layers)
        if percent > self._told:
            self._told = percent
            self._speaker.event("progress", percent=percent, note=text[-200:])


def _part_done(text):
    """0–1 of this view layer, or None where the text says nothing about it."""
    sample, tile = _SAMPLE.search(text), _TILE.search(text)
    if sample is None:
        return None
    part = int(sample[1]) / max(1, int(sample[2]))
    if tile is None:
        return min(1.0, part)
    done, count = int(tile[1]), max(1, int(tile[2]))
    # The sample count of a finished tile stays in the text until the next one says its first.
    return min(1.0, (done + (part if part < 1 else 0)) / count)
