"""What a plain `bpy` makes of a scene: the reference our pictures are held against."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from farm.engines import profiles

SCRIPT = """
import json, os, sys
order = json.loads(sys.argv[1])
import bpy
bpy.ops.wm.open_mainfile(filepath=order["blend"], load_ui=False, use_scripts=False)
scene = bpy.context.scene
scene.render.threads_mode, scene.render.threads = "FIXED", order["threads"]
if order.get("percent"): scene.render.resolution_percentage = order["percent"]
if order.get("samples"): scene.cycles.samples = order["samples"]
scene.cycles.device = "CPU"
if bpy.app.version >= (5, 0, 0): scene.render.image_settings.media_type = "IMAGE"
scene.render.image_settings.file_format = "PNG"
scene.render.use_persistent_data = True
for frame in order["frames"]:
    scene.frame_set(frame)
    scene.render.filepath = os.path.join(order["out"], "%04d.png" % frame)
    bpy.ops.render.render(write_still=True)
sys.stdout.flush(); os._exit(0)
"""


def render(profile_name: str, blend: Path, out: Path, frames: list[int], *, threads: int, **settings) -> float:
    """Renders `frames` to `out/0001.png …`; the seconds the whole process took."""
    profile = profiles.find(profile_name)
    order = {"blend": str(blend), "out": str(out), "frames": frames, "threads": threads, **settings}
    started = time.monotonic()
    subprocess.run([str(profile.python), "-c", SCRIPT, json.dumps(order)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def pixels(picture: Path | bytes):
    """The picture's pixels as an array of floats, height × width × channels. OpenImageIO reads files only."""
    import OpenImageIO as oiio

    if isinstance(picture, bytes):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(picture)
            file.flush()
            return pixels(Path(file.name))
    opened = oiio.ImageInput.open(str(picture))
    try:
        return opened.read_image("float")
    finally:
        opened.close()
