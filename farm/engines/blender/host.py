"""The host program of Blender: runs in bpy's own interpreter, inside the sandbox, and imports nothing of the farm.

Reads one JSON object a line from standard input: first the greeting, then orders, one picture
each. Keeps the scene loaded between orders. The farm ends it, or closes its input.
"""

import ctypes
import json
import os
import sys
import time
from datetime import UTC, datetime

_C_LINE_BUFFERED = 1
_LIBC = ctypes.CDLL(None)
_LIBC.setvbuf.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t]
# Before Blender prints its first line: into a pipe it would keep 4 KB back.
_LIBC.setvbuf(ctypes.c_void_p.in_dll(_LIBC, "stdout"), None, _C_LINE_BUFFERED, 0)
sys.stdout.reconfigure(line_buffering=True)
sys.stderr.reconfigure(line_buffering=True)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import host_frame  # noqa: E402
import host_scene  # noqa: E402
from host_speaking import Fault, Speaker  # noqa: E402


def main():
    orders = _take_over_input()
    greeting = json.loads(orders.readline() or "null")
    if greeting is None:
        os._exit(0)
    speaker = Speaker(greeting["nonce"], _LIBC)
    host = Host(speaker, greeting)
    for line in orders:
        speaker.result(**host.carry_out(json.loads(line)))
    # Blender may hang or crash while the interpreter ends.
    sys.stdout.flush()
    os._exit(0)


def _take_over_input():
    """Orders are ours to read: nothing a scene starts finds them on its standard input."""
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    return orders


class Host:
    def __init__(self, speaker, greeting):
        self.speaker = speaker
        self.job = greeting["job"]
        self.threads = greeting["threads"]
        self.shader_seed = greeting.get("shader_seed")
        self.loaded = None

    def carry_out(self, order):
        """Never raises: whatever a scene makes Blender do becomes a code and a sentence."""
        try:
            if self.loaded is None:
                self.loaded = host_scene.load(order["constants"], self.job, self.threads, self.speaker)
                host_frame.prepare_graphics(self.loaded, self.shader_seed)
            self.speaker.event("loaded", engine=self.loaded.scene.render.engine)
            began = time.monotonic()
            host_frame.render(self.loaded, order["frame"], self.speaker)
            ended = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
            self.speaker.say(f"Frame {order['frame']} took {time.monotonic() - began:.2f} s, ended at {ended} UTC")
        except Fault as fault:
            return {"error_code": fault.code, "error_message": fault.sentence}
        except MemoryError:
            return {"error_code": "OUT_OF_MEMORY", "error_message": "The scene needs more memory than there is here."}
        except Exception as failure:
            return _unforeseen(failure)
        return {"error_code": "", "error_message": ""}


def _unforeseen(failure):
    words = " ".join(str(failure).split())[:500]
    return {"error_code": "RENDER_FAILED", "error_message": f"Blender could not render this frame: {words}"}


if __name__ == "__main__":
    main()
