"""The little picture Blender keeps inside a .blend, as the scene card's picture."""

import base64
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from jobs.models import Scene

LARGEST = 512


def keep_scene_thumbnail(scene: Scene, said: dict[str, Any] | None) -> None:
    """`said`: width, height and rows of RGBA from the bottom up. A picture that is wrong is left out."""
    if not said:
        return
    width, height, raw = int(said["width"]), int(said["height"]), base64.b64decode(said["rgba"])
    if not (0 < width <= LARGEST and 0 < height <= LARGEST and len(raw) == width * height * 4):
        return
    webp = _webp(width, height, raw)
    if not webp:
        return
    scene.thumbnail.save(f"{scene.pk}.webp", ContentFile(webp), save=False)
    Scene.objects.filter(pk=scene.pk).update(thumbnail=scene.thumbnail.name)


def _webp(width: int, height: int, raw: bytes) -> bytes:
    import numpy as np
    import OpenImageIO as oiio  # half a second: only a worker that meets a thumbnail pays it

    pixels = np.frombuffer(raw, dtype=np.uint8).reshape(height, width, 4)[::-1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "thumbnail.webp"
        output = oiio.ImageOutput.create(str(path))
        if output is None:
            return b""
        spec = oiio.ImageSpec(width, height, 4, oiio.UINT8)
        spec.attribute("Compression", "webp:90")
        output.open(str(path), spec)
        output.write_image(np.ascontiguousarray(pixels))
        output.close()
        return path.read_bytes()
