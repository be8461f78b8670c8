"""Renders one frame of a loaded scene into the job folder, where a file's name means it is whole."""

import os
import re
import shutil
import time

import bpy
import host_job
import host_tiles
from host_speaking import Fault

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


def render(loaded, order, speaker):
    """The whole picture, or one of its tiles. Raises Fault."""
    scene, frame = loaded.scene, order["frame"]
    tile = host_tiles.Tile(loaded, order) if order["tile_side"] > 1 else None
    if tile:
        tile.set_up()
    loaded.simulation.go_to(frame)
    folder = host_job.new_writing_folder(loaded.job)
    scene.render.filepath = os.path.join(folder, f"{frame:04d}")
    progress = Progress(scene, frame, speaker)
    bpy.app.handlers.render_stats.append(progress.heard)
    try:
        bpy.ops.render.render(write_still=True, scene=scene.name)
    except RuntimeError as failure:
        raise _explained(str(failure), loaded.job) from None
    finally:
        bpy.app.handlers.render_stats.remove(progress.heard)
    _deliver(folder, loaded, tile, speaker)


def _explained(words, job):
    if "no camera" in words:
        return Fault("NO_CAMERA", "The scene has no active camera at this frame. Make one active, save and upload it.")
    if "cannot save" in words or "rror writing" in words:
        return host_job.not_written(job, "Blender")
    return Fault("RENDER_FAILED", f"Blender could not render this frame: {' '.join(words.split())[:500]}")


def _deliver(folder, loaded, tile, speaker):
    """Stereo scenes leave one picture an eye."""
    names = sorted(name for name in os.listdir(folder) if name.endswith((".png", loaded.picture.extension)))
    if not names:
        raise host_job.not_written(loaded.job, "Blender")
    if tile:
        tile.deliver(folder, names, loaded.picture.extension, speaker)
    else:
        for name in names:
            host_job.deliver(loaded.job, os.path.join(folder, name), name, speaker)
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
