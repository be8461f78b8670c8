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
from PIL import Image

WIDTHS = (320, 1920)
MOST_PIXELS = 120_000_000
QUALITY, METHOD = 82, 1
"""Of WebP: method 1 takes a tenth of the time of the usual one, for a file twice as large."""
BLACK_BELOW = 4 / 255
PINK_FROM = 0.04
"""Share of a picture that is the magenta Blender draws for a missing texture."""

Pixels = np.ndarray[Any, np.dtype[Any]]
Channels = tuple[list[int], int | None]


class NotAPicture(Exception):
    pass


class TooLarge(Exception):
    """It opens; its pixels are more than a preview is worth."""

    def __init__(self, spec: oiio.ImageSpec) -> None:
        super().__init__("too large to look at here")
        self.spec = spec


def channels_of(names: list[str]) -> Channels | None:
    """Where red, green, blue (or grey) and alpha are: plain ones, else those of the first combined pass."""
    place = {name.lower(): at for at, name in enumerate(names)}
    prefixes = [name[:-1] for name in place if name.endswith("combined.r")]
    prefixes.sort(key=lambda prefix: (not prefix.startswith("composite"), prefix))
    for prefix in ("", *prefixes):
        colours = [place.get(prefix + letter) for letter in "rgb"]
        if None not in colours:
            return [at for at in colours if at is not None], place.get(f"{prefix}a")
    for grey in ("y", "v", "luminance"):
        if grey in place:
            return [place[grey]] * 3, place.get("a")
    return None


def read(path: Path) -> tuple[Pixels, oiio.ImageSpec]:
    """Height × width × RGBA: floats of scene light, or bytes. Raises NotAPicture, TooLarge."""
    hints = oiio.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)
    picture = oiio.ImageInput.open(str(path), hints)
    if picture is None:
        raise NotAPicture(oiio.geterror() or "unknown format")
    try:
        for part in range(64):
            if not picture.seek_subimage(part, 0):
                break
            spec = picture.spec()
            if spec.width * spec.height > MOST_PIXELS:
                raise TooLarge(spec)
            found = channels_of(list(spec.channelnames))
            if found is not None:
                return _pixels(picture, part, spec, found, is_scene_light(path)), spec
        raise NotAPicture("it holds no colours")
    finally:
        picture.close()


def is_scene_light(path: Path) -> bool:
    return path.suffix.lower() == ".exr"


def _pixels(picture: Any, part: int, spec: oiio.ImageSpec, channels: Channels, as_floats: bool) -> Pixels:
    colours, alpha = channels
    wanted = [*colours, *([] if alpha is None else [alpha])]
    first, last = min(wanted), max(wanted) + 1
    pixels = picture.read_image(part, 0, first, last, oiio.FLOAT if as_floats else oiio.UINT8)
    if pixels is None:
        raise NotAPicture(picture.geterror() or "it can't be read to its end")
    pixels = pixels.reshape(spec.height, spec.width, last - first)[:, :, [at - first for at in wanted]]
    if alpha is None:
        opaque = np.full_like(pixels[:, :, :1], 1.0 if as_floats else 255)
        pixels = np.concatenate([pixels, opaque], axis=2)
    return pixels


def picture_of(pixels: Pixels, colour: dict[str, Any]) -> Image.Image:
    """At most as wide as the larger of WIDTHS, in the colours a screen shows."""
    if pixels.dtype != np.uint8:
        pixels = as_bytes(as_shown(smaller(as_buffer(pixels)), colour))
    return narrowed(Image.fromarray(np.ascontiguousarray(pixels), "RGBA"), WIDTHS[-1])


def narrowed(picture: Image.Image, width: int) -> Image.Image:
    """At most `width` wide; a smaller picture stays as it is."""
    if picture.width <= width:
        return picture
    return picture.resize((width, max(1, round(picture.height * width / picture.width))), Image.Resampling.BOX)


def as_buffer(pixels: Pixels) -> oiio.ImageBuf:
    if not np.isfinite(pixels).all():
        pixels = np.nan_to_num(pixels, posinf=65504.0, neginf=0.0)
    height, width, _ = pixels.shape
    spec = oiio.ImageSpec(width, height, 4, oiio.FLOAT)
    spec.channelnames = ("R", "G", "B", "A")
    spec.alpha_channel = 3
    buffer = oiio.ImageBuf(spec)
    buffer.set_pixels(oiio.ROI(0, width, 0, height, 0, 1, 0, 4), np.ascontiguousarray(pixels, dtype=np.float32))
    return buffer


def smaller(buffer: oiio.ImageBuf) -> oiio.ImageBuf:
    """Light is averaged before it is made into colours, as a camera would."""
    spec, width = buffer.spec(), WIDTHS[-1]
    if spec.width <= width:
        return buffer
    height = max(1, round(spec.height * width / spec.width))
    return oiio.ImageBufAlgo.resize(buffer, filtername="box", roi=oiio.ROI(0, width, 0, height, 0, 1, 0, 4))


def as_shown(buffer: oiio.ImageBuf, colour: dict[str, Any]) -> oiio.ImageBuf:
    """Scene light → what Blender shows; plain sRGB where its view is not to be had."""
    buffer = oiio.ImageBufAlgo.mul(buffer, (*[2.0 ** float(colour.get("exposure", 0.0))] * 3, 1.0))
    for view in (colour.get("view", ""), "Standard") if colour.get("config") else ():
        for look in dict.fromkeys((colour.get("look", "None").replace("None", ""), "")):
            shown = oiio.ImageBufAlgo.ociodisplay(
                buffer, colour.get("display", "sRGB"), view, "scene_linear", look, True, colorconfig=colour["config"]
            )
            if not shown.has_error:
                return _with_gamma(shown, float(colour.get("gamma", 1.0)))
    return oiio.ImageBufAlgo.colorconvert(buffer, "lin_rec709", "sRGB")


def _with_gamma(buffer: oiio.ImageBuf, gamma: float) -> oiio.ImageBuf:
    if gamma == 1.0 or gamma <= 0:
        return buffer
    return oiio.ImageBufAlgo.pow(oiio.ImageBufAlgo.max(buffer, 0.0), (*[1.0 / gamma] * 3, 1.0))


def as_bytes(buffer: oiio.ImageBuf) -> Pixels:
    straight = oiio.ImageBufAlgo.unpremult(buffer)
    pixels = np.asarray(straight.get_pixels(oiio.FLOAT))
    return np.clip(pixels * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)


def looks(picture: Image.Image) -> str:
    """black, pink, empty or nothing of note; judged by the small picture."""
    pixels = np.asarray(picture, dtype=np.float32) / 255.0
    colours, alpha = pixels[:, :, :3], pixels[:, :, 3]
    if alpha.max() < BLACK_BELOW:
        return "empty"
    if colours.max() < BLACK_BELOW:
        return "black"
    red, green, blue = colours[:, :, 0], colours[:, :, 1], colours[:, :, 2]
    strongest = np.maximum(red, blue)
    pink = (strongest > 0.25) & (green < 0.3 * strongest) & (np.abs(red - blue) < 0.35 * strongest)
    return "pink" if pink.mean() >= PINK_FROM else ""


def made(folder: Path, picture: dict[str, str], colour: dict[str, Any]) -> dict[str, Any]:
    try:
        pixels, spec = read(folder / picture["file"])
        shown = picture_of(pixels, colour)
        small = narrowed(shown, WIDTHS[0])
        for image, width in ((small, WIDTHS[0]), (shown, WIDTHS[-1])):
            image.save(folder / f"{picture['name']}-{width}.webp", "WEBP", quality=QUALITY, method=METHOD)
    except TooLarge as large:
        return {"name": picture["name"], "width": large.spec.width, "height": large.spec.height, "is_too_large": True}
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
