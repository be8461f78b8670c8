"""The host program of Blender: runs in bpy's own interpreter, inside the sandbox, and imports nothing of the farm.

Takes orders, one picture or tile each, and keeps the scene loaded between them.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [_HERE, os.path.join(os.path.dirname(_HERE), "hosts")]

import host_serving  # noqa: E402


def make_host(speaker, greeting):
    import host_renders  # only now, when what Blender prints is sent line by line

    return host_renders.Host(speaker, greeting)


if __name__ == "__main__":
    host_serving.serve(make_host, "Blender")
