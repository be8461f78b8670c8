"""Renders one tile of a picture: a picture of the whole size, of which only the tile's rectangle is rendered.

So what depends on a pixel's place (dithering, stamps, noise) is as in the whole, and the tiles need no moving when
they are put together. Where a pixel depends on its neighbours, a margin is rendered as well and thrown away.
"""

import json
import os

import host_job
import host_output
import host_tile_places
from host_speaking import Fault

_MARGIN = 8
"""Pixels. Cycles' adaptive sampling looks at neighbours; its own tiles overlap by 4 for that."""
_WIDE_MARGIN = 64
"""The denoiser, and EEVEE's and Workbench's effects in screen space, look farther."""
_TILES_AS_PNG = {"JPEG", "TARGA"}
"""Formats whose tiles are PNG: what is compressed twice loses twice."""
_PASS_THROUGH = {"CompositorNodeRLayers", "CompositorNodeComposite", "CompositorNodeViewer", "NodeGroupOutput"}


class Tile:
    """One rectangle of a loaded scene's picture."""

    def __init__(self, loaded, order):
        self._loaded = loaded
        self._part, self._side = order["part"], order["tile_side"]
        self._folder = host_tile_places.folder_of(order["frame"])
        self._quality = loaded.scene.render.image_settings.quality

    def set_up(self):
        """Raises Fault where the tiles would not make the whole."""
        scene = self._loaded.scene
        if not self._loaded.is_in_tiles:
            why = _why_not(scene, self._side)
            if why:
                raise Fault("TILES_REFUSED", f"{why} Order it again without tiles (BLEND_SLICING).")
            self._loaded.is_in_tiles = True
            _set_up_format(scene.render.image_settings)
        scene.render.use_compositing = scene.render.use_crop_to_border = False
        self._set_border(scene)

    def _set_border(self, scene):
        render = scene.render
        width, height = host_output.size_in_pixels(render)
        left, top, right, bottom = host_tile_places.rectangle(width, height, self._side, self._part)
        margin = _margin(scene)
        render.use_border = True
        render.border_min_x, render.border_max_x = _share(left - margin, width), _share(right + margin, width)
        render.border_min_y, render.border_max_y = (
            _share(height - bottom - margin, height),
            _share(height - top + margin, height),
        )

    def deliver(self, writing, names, extension, speaker):
        """`names`: files in the folder `writing`, as the whole picture would be called (two in a stereo scene)."""
        pictures = {}
        for name in names:
            stem, suffix = os.path.splitext(name)
            eye = stem.partition("_")[2]
            tile = f"{self._part}_{eye}{suffix}" if eye else f"{self._part}{suffix}"
            host_job.deliver(self._loaded.job, os.path.join(writing, name), f"{self._folder}/{tile}", speaker)
            pictures[tile] = stem + extension
        name = host_tile_places.facts_file(self._part)
        facts = os.path.join(writing, name)
        with open(facts, "w", encoding="utf-8") as file:
            json.dump({"pictures": pictures, "quality": self._quality}, file)
        host_job.deliver(self._loaded.job, facts, f"{self._folder}/{name}", speaker)


def _share(pixel, size):
    """Blender cuts border × size down to a whole number: half a pixel more keeps it from falling short."""
    return 0.0 if pixel <= 0 else 1.0 if pixel >= size else (pixel + 0.5) / size


def _margin(scene):
    if scene.render.engine != "CYCLES" or scene.cycles.use_denoising:
        return _WIDE_MARGIN
    return _MARGIN


def _why_not(scene, side):
    width, height = host_output.size_in_pixels(scene.render)
    if min(width, height) < side:
        return f"A picture of {width} × {height} pixels can't be cut into {side} × {side} tiles."
    if scene.render.use_border:
        return "The scene renders only a region of its picture, which is not cut into tiles."
    if host_output.has_strips(scene):
        return "The scene's picture comes from its video sequencer, which is not cut into tiles."
    if scene.render.use_compositing and any(node.bl_idname not in _PASS_THROUGH for node in _compositor_nodes(scene)):
        return "The scene has a compositor, which works on the whole picture."
    return ""


def _compositor_nodes(scene):
    if hasattr(scene, "compositing_node_group"):  # Blender 5
        tree = scene.compositing_node_group
    else:
        tree = scene.node_tree if scene.use_nodes else None
    return [node for node in tree.nodes if not node.mute] if tree else []


def _set_up_format(settings):
    if settings.file_format in _TILES_AS_PNG:
        colours = settings.color_mode
        settings.file_format = "PNG"
        settings.color_mode, settings.color_depth = colours, "8"
