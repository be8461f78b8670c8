"""The host program of Blender: runs in bpy's own interpreter, inside the sandbox, and imports nothing of the farm.

An order is one picture. The scene is kept loaded between orders.
"""

import os
import sys
import time
from datetime import UTC, datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))

import host_serving  # noqa: I001 (before Blender)
import host_frame
import host_scene


class Host:
    def __init__(self, speaker, greeting):
        self.speaker = speaker
        self.job = greeting["job"]
        self.threads = greeting["threads"]
        self.shader_seed = greeting.get("shader_seed")
        self.loaded = None

    def carry_out(self, order):
        """Raises Fault."""
        if self.loaded is None:
            self.loaded = host_scene.load(order["constants"], self.job, self.threads, self.speaker)
            host_frame.prepare_graphics(self.loaded, self.shader_seed)
        self.speaker.event("loaded", engine=self.loaded.scene.render.engine)
        began = time.monotonic()
        host_frame.render(self.loaded, order["frame"], self.speaker)
        ended = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
        self.speaker.say(f"Frame {order['frame']} took {time.monotonic() - began:.2f} s, ended at {ended} UTC")


if __name__ == "__main__":
    host_serving.serve(Host, "Blender")
