"""Puts the tiles of a picture together. Runs in the sandbox, in the farm's own interpreter with OpenImageIO.

Each tile is a picture of the whole size in which its own rectangle is rendered, so nothing has to be moved:
what is dithered or stamped by its place in the picture is as in the whole. Bands of rows are copied as they are,
every channel with its own depth; no colour is converted.
"""

import json
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, _HERE)

import host_job  # noqa: E402
import host_serving  # noqa: E402
import host_tile_places  # noqa: E402
import numpy as np  # noqa: E402
import OpenImageIO as oiio  # noqa: E402
from host_speaking import Fault  # noqa: E402

_BAND_ROWS = 64
_DEFAULT_QUALITY = 90


class Joiner:
    def __init__(self, speaker, greeting):
        self._speaker = speaker
        self._job = greeting["job"]

    def carry_out(self, order):
        """Raises Fault."""
        side = order["tile_side"]
        folder = os.path.join(self._job, host_tile_places.folder_of(order["frame"]))
        self._speaker.event("loaded", engine="")
        all_facts = [_facts(folder, part) for part in range(side * side)]
        writing = host_job.new_writing_folder(self._job)
        for name in sorted(all_facts[0]["pictures"].values()):
            tiles = [_tile_of(folder, facts, name) for facts in all_facts]
            joined = os.path.join(writing, "picture" + os.path.splitext(name)[1])
            self._join(tiles, side, joined, all_facts[0])
            host_job.deliver(self._job, joined, name, self._speaker)
            self._speaker.say(f"{side * side} tiles are put together in {name}")
        os.rmdir(writing)

    def _join(self, tiles, side, target, facts):
        pictures = [_open(tile) for tile in tiles]
        try:
            layers = _layers(pictures[0])
            if any(_shape(_layers(picture)) != _shape(layers) for picture in pictures):
                raise Fault("TILES_DIFFER", "The tiles differ in size or layers: render the picture again.")
            _write(target, layers, facts, lambda layer, top, bottom: _band(pictures, layers, layer, side, top, bottom))
        finally:
            for picture in pictures:
                picture.close()


def _facts(folder, part):
    try:
        with open(os.path.join(folder, host_tile_places.facts_file(part)), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        raise Fault("TILES_MISSING", f"Tile {part + 1} is not in the results any more: render it again.") from None


def _tile_of(folder, facts, name):
    """The file of this tile that belongs to the picture `name`: stereo scenes have one an eye."""
    for tile, picture in facts["pictures"].items():
        if picture == name:
            return os.path.join(folder, os.path.basename(tile))
    raise Fault("TILES_DIFFER", f"One tile of {name} is for another picture: render the picture again.")


def _open(path):
    """Alpha stays as it is stored: multiplied and divided again, it would lose its last bits."""
    how = oiio.ImageSpec()
    how["oiio:UnassociatedAlpha"] = 1
    picture = oiio.ImageInput.open(path, how)
    if picture is None:
        raise Fault("TILES_UNREADABLE", f"The tile {os.path.basename(path)} can't be opened: {oiio.geterror()}")
    return picture


def _layers(picture):
    """The specification of each part of a file: a multilayer EXR may have several."""
    layers = []
    while picture.seek_subimage(len(layers), 0):
        layers.append(oiio.ImageSpec(picture.spec()))
    return layers


def _shape(layers):
    return [(spec.width, spec.height, tuple(spec.channelnames), str(spec.format)) for spec in layers]


def _band(pictures, layers, layer, side, top, bottom):
    """Rows top … bottom (excluded) of the joined picture."""
    spec = layers[layer]
    kind = "float" if "half" in str(spec.format) or "float" in str(spec.format) else str(spec.format)
    band = None
    for part, picture in enumerate(pictures):
        left, upper, right, lower = host_tile_places.rectangle(spec.width, spec.height, side, part)
        first, last = max(top, upper), min(bottom, lower)
        if first >= last or left >= right:
            continue
        rows = picture.read_scanlines(layer, 0, spec.y + first, spec.y + last, 0, 0, spec.nchannels, kind)
        if rows is None:
            raise Fault("TILES_UNREADABLE", f"Tile {part + 1} is damaged: {picture.geterror()}")
        rows = np.asarray(rows).reshape(last - first, spec.width, spec.nchannels)
        if band is None:
            band = np.zeros((bottom - top, spec.width, spec.nchannels), rows.dtype)
        band[first - top : last - top, left:right] = rows[:, left:right]
    return band


def _write(target, layers, facts, band_of):
    output = oiio.ImageOutput.create(target)
    if output is None:
        raise Fault("JOIN_FAILED", f"No picture can be written as {os.path.splitext(target)[1]}: {oiio.geterror()}")
    specs = [_target_spec(spec, target, facts) for spec in layers]
    for layer, spec in enumerate(specs):
        is_open = _open_layer(output, target, specs, layer)
        for top in range(0, spec.height, _BAND_ROWS) if is_open else ():
            bottom = min(spec.height, top + _BAND_ROWS)
            is_open = is_open and output.write_scanlines(
                spec.y + top, spec.y + bottom, spec.z, band_of(layer, top, bottom)
            )
        if not is_open:
            raise Fault("JOIN_FAILED", f"The picture could not be written: {output.geterror()}")
    if not output.close():
        raise Fault("JOIN_FAILED", f"The picture could not be written: {output.geterror()}")


def _open_layer(output, target, specs, layer):
    if len(specs) == 1:
        return output.open(target, specs[0])
    if layer == 0:
        return output.open(target, specs)
    return output.open(target, specs[layer], "AppendSubimage")


def _target_spec(spec, target, facts):
    spec = oiio.ImageSpec(spec)
    spec["oiio:UnassociatedAlpha"] = 1
    if target.endswith(".jpg"):
        spec["Compression"] = f"jpeg:{int(facts.get('quality') or _DEFAULT_QUALITY)}"
    elif target.endswith(".tga"):
        spec["compression"] = "rle"
    return spec


if __name__ == "__main__":
    host_serving.serve(Joiner, "The joining of tiles")
