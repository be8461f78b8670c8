"""The little picture Blender keeps inside a .blend, as the scene card's picture."""

import base64
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

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
    scene.thumbnail.save(f"{scene.pk}.webp", ContentFile(webp), save=False)
    Scene.objects.filter(pk=scene.pk).update(thumbnail=scene.thumbnail.name)


def _webp(width: int, height: int, raw: bytes) -> bytes:
    upright = Image.frombytes("RGBA", (width, height), raw).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    content = BytesIO()
    upright.save(content, "WEBP", quality=90)
    return content.getvalue()
