"""The scene a newcomer can render before they have one of their own."""

from pathlib import Path
from typing import TYPE_CHECKING

from jobs.buckets import bucket_of
from jobs.domain import scenes
from jobs.enums import UploadState
from jobs.models import Scene, Upload

if TYPE_CHECKING:
    from accounts.models import Account

DEMO_FILE = Path(__file__).resolve().parent.parent / "demo" / "basalt.blend"
"""Built by tools/demo_scene.py."""


def add_demo_scene(account: "Account") -> Scene:
    """A new scene of this account with the demo in it, on its way to the check."""
    scene = scenes.create(account, "Basalt, the demo scene")
    content = DEMO_FILE.read_bytes()
    bucket_of(account, scenes.SCENES_BUCKET).put(scenes.key(scene, DEMO_FILE.name), content)
    Upload.objects.create(
        scene=scene,
        path=DEMO_FILE.name,
        size_bytes=len(content),
        part_size_bytes=len(content),
        fingerprint="demo",
        state=UploadState.COMPLETED,
    )
    scenes.finish_upload(scene)
    return scene
