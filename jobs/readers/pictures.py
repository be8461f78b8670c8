"""Opens rendered pictures, makes small ones to look at and says how they look. Runs only inside the sandbox.

    python pictures.py ORDER.json

The order: {"folder", "pictures": [{"file", "name"}], "colour": {config, display, view, look, exposure, gamma}}.
For each picture `<name>-320.webp` and `<name>-1920.webp` are written to the folder, and one entry is printed.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

WIDTHS = (320, 1920)
MOST_PIXELS = 120_000_000
QUALITY = "webp:82"
BLACK_BELOW = 4 / 255
PINK_FROM = 0.04
"""Share of a picture that is the magenta Blender draws for a missing texture."""

Channels = tuple[list[int], int | None]


class NotAPicture(Exception):
    pass


def channels_of(names: list[str]) -> Channels | None:
    """Where red, green, blue (or grey) and alpha are: plain ones, else those of the first combined pass."""
    place = {name.lower(): at for at, name in enumerate(names)}
    prefixes = [name[:-1] for name in place if name.endswith("combined.r")] or [""]
    prefixes.sort(key=lambda prefix: (not prefix.startswith("composite"), prefix))
    for prefix in ("", *prefixes):
        colours = [place.get(prefix + letter) for letter in "rgb"]
        if None not in colours:
            return [at for at in colours if at is not None], place.get(f"{prefix}a")
    for grey in ("y", "v", "luminance"):
        if grey in place:
            return [place[grey]] * 3, place.get("a")
    return None


def read(path: Path) -> tuple["np.ndarray[Any, Any]", oiio.ImageSpec] | None:
    """Height × width × RGBA as floats; None for a picture too large to look at here. Raises NotAPicture."""
    picture = oiio.ImageInput.open(str(path))
    if picture is None:
        raise NotAPicture(oiio.geterror() or "unknown format")
    try:
        for part in range(64):
            if not picture.seek_subimage(part, 0):
                break
            spec = picture.spec()
            if spec.width * spec.height > MOST_PIXELS:
                return None
            found = channels_of(list(spec.channelnames))
            if found is not None:
                return _pixels(picture, part, spec, found), spec
        raise NotAPicture("it holds no colours")
    finally:
        picture.close()


def _pixels(picture: Any, part: int, spec: oiio.ImageSpec, channels: Channels) -> "np.ndarray[Any, Any]":
    colours, alpha = channels
    wanted = [*colours, *([] if alpha is None else [alpha])]
    first, last = min(wanted), max(wanted) + 1
    pixels = picture.read_image(part, 0, first, last, oiio.FLOAT)
    if pixels is None:
        raise NotAPicture(picture.geterror() or "it can't be read to its end")
    pixels = pixels.reshape(spec.height, spec.width, last - first)[:, :, [at - first for at in wanted]]
    if alpha is None:
        pixels = np.concatenate([pixels, np.ones_like(pixels[:, :, :1])], axis=2)
    return np.nan_to_num(np.ascontiguousarray(pixels, dtype=np.float32), posinf=65504.0, neginf=0.0)


def as_buffer(pixels: "np.ndarray[Any, Any]") -> oiio.ImageBuf:
    height, width, _ = pixels.shape
    spec = oiio.ImageSpec(width, height, 4, oiio.FLOAT)
    spec.channelnames = ("R", "G", "B", "A")
    spec.alpha_channel = 3
    buffer = oiio.ImageBuf(spec)
    buffer.set_pixels(oiio.ROI(0, width, 0, height, 0, 1, 0, 4), pixels)
    return buffer


def smaller(buffer: oiio.ImageBuf, width: int) -> oiio.ImageBuf:
    """At most `width` wide; a smaller picture stays as it is."""
    spec = buffer.spec()
    if spec.width <= width:
        return buffer
    height = max(1, round(spec.height * width / spec.width))
    return oiio.ImageBufAlgo.resize(buffer, filtername="box", roi=oiio.ROI(0, width, 0, height, 0, 1, 0, 4))


def as_shown(buffer: oiio.ImageBuf, colour: dict[str, Any]) -> oiio.ImageBuf:
    """Scene light → what Blender shows; plain sRGB where its view is not to be had."""
    buffer = oiio.ImageBufAlgo.mul(buffer, (*[2.0 ** float(colour.get("exposure", 0.0))] * 3, 1.0))
    config = oiio.ColorConfig(colour["config"]) if colour.get("config") else None
    look = colour.get("look", "None")
    for view in (colour.get("view", ""), "Standard") if config is not None else ():
        for looks in ("" if look == "None" else look, ""):
            shown = oiio.ImageBufAlgo.ociodisplay(
                buffer, colour.get("display", "sRGB"), view, "scene_linear", looks, True, colorconfig=colour["config"]
            )
            if not shown.has_error:
                return _with_gamma(shown, float(colour.get("gamma", 1.0)))
    return oiio.ImageBufAlgo.colorconvert(buffer, "lin_rec709", "sRGB")


def _with_gamma(buffer: oiio.ImageBuf, gamma: float) -> oiio.ImageBuf:
    if gamma == 1.0 or gamma <= 0:
        return buffer
    return oiio.ImageBufAlgo.pow(oiio.ImageBufAlgo.max(buffer, 0.0), (*[1.0 / gamma] * 3, 1.0))


def looks(buffer: oiio.ImageBuf) -> str:
    """black, pink, empty or nothing of note; judged by the small picture."""
    pixels = np.asarray(buffer.get_pixels(oiio.FLOAT))
    colours, alpha = pixels[:, :, :3], pixels[:, :, 3]
    if alpha.max() < BLACK_BELOW:
        return "empty"
    if colours.max() < BLACK_BELOW:
        return "black"
    red, green, blue = colours[:, :, 0], colours[:, :, 1], colours[:, :, 2]
    strongest = np.maximum(red, blue)
    pink = (strongest > 0.25) & (green < 0.3 * strongest) & (np.abs(red - blue) < 0.35 * strongest)
    return "pink" if pink.mean() >= PINK_FROM else ""


def write(buffer: oiio.ImageBuf, path: Path) -> None:
    """8 bits, without any of the metadata of the picture it was made from."""
    spec = buffer.spec()
    output = oiio.ImageOutput.create(str(path))
    plain = oiio.ImageSpec(spec.width, spec.height, 4, oiio.UINT8)
    plain.attribute("Compression", QUALITY)
    pixels = np.clip(np.asarray(buffer.get_pixels(oiio.FLOAT)), 0.0, 1.0)
    if output is None or not output.open(str(path), plain) or not output.write_image(pixels) or not output.close():
        raise NotAPicture(f"its preview can't be written: {oiio.geterror()}")


def made(folder: Path, picture: dict[str, str], colour: dict[str, Any]) -> dict[str, Any]:
    try:
        said = read(folder / picture["file"])
        if said is None:
            return {"name": picture["name"], "is_too_large": True}
        pixels, spec = said
        buffer = smaller(as_buffer(pixels), WIDTHS[-1])
        if picture["file"].lower().endswith(".exr"):
            buffer = as_shown(buffer, colour)
        write(buffer, folder / f"{picture['name']}-{WIDTHS[-1]}.webp")
        small = smaller(buffer, WIDTHS[0])
        write(small, folder / f"{picture['name']}-{WIDTHS[0]}.webp")
    except NotAPicture as failure:
        return {"name": picture["name"], "error": str(failure)[:300]}
    return {"name": picture["name"], "width": spec.width, "height": spec.height, "looks": looks(small)}


if __name__ == "__main__":
    os.nice(10)
    oiio.attribute("threads", 1)
    oiio.attribute("limits:imagesize_MB", 4096)
    order = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(order["folder"])
    said = [made(folder, picture, order["colour"]) for picture in order["pictures"]]
    sys.stdout.write(json.dumps({"pictures": said}))
