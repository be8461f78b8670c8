"""Carries out the orders of one scene: opened at the first, kept for the others."""

import os
import time
from datetime import UTC, datetime

import host_frame
import host_scene


class Host:
    def __init__(self, speaker, greeting):
        self._speaker = speaker
        self._job = greeting["job"]
        self._threads = greeting["threads"]
        self._shader_seed = greeting.get("shader_seed")
        self._loaded = None

    def carry_out(self, order):
        """Raises Fault."""
        _publish(order.get("environment", {}))
        if self._loaded is None:
            self._loaded = host_scene.load(order["constants"], self._job, self._threads, self._speaker)
            host_frame.prepare_graphics(self._loaded, self._shader_seed)
        self._speaker.event("loaded", engine=self._loaded.scene.render.engine)
        began = time.monotonic()
        host_frame.render(self._loaded, order, self._speaker)
        ended = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
        what = _name_of(order)
        self._speaker.say(f"{what} took {time.monotonic() - began:.2f} s, ended at {ended} UTC")


_OURS = frozenset(os.environ)
"""What the process was started with stays: where its temporary files, threads and shaders are."""


def _publish(environment):
    """An add-on finds the order where every other software finds it."""
    os.environ.update({name: value for name, value in environment.items() if name not in _OURS})


def _name_of(order):
    if order["tile_side"] == 1:
        return f"Frame {order['frame']}"
    return f"Tile {order['part'] + 1} of {order['tile_side'] ** 2} of frame {order['frame']}"
