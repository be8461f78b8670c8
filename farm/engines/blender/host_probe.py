"""Opens one scene and says what only Blender knows of it: one marked line of JSON on standard output.

Runs in the sandbox like the host program: a property of a scene can make Blender read any file
or ask any address.
"""

import json
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [_HERE, os.path.join(os.path.dirname(_HERE), "hosts")]

import bpy  # noqa: E402
import host_findings  # noqa: E402
import host_missing  # noqa: E402
import host_output  # noqa: E402
import host_scene  # noqa: E402
import host_simulation  # noqa: E402
from host_speaking import Fault  # noqa: E402

_FORMATS = {
    "PNG": "PNG",
    "OPEN_EXR": "EXR",
    "OPEN_EXR_MULTILAYER": "MULTILAYER",
    "JPEG": "JPEG",
    "TARGA": "TGA",
    "FFMPEG": "MOVIE",
    "AVI_JPEG": "MOVIE",
    "AVI_RAW": "MOVIE",
}


def main():
    mark, job, name = sys.argv[1:]
    try:
        host_scene.open_file(host_scene.scene_path(job, name))
        host_missing.find_by_name(job)
        answer = facts(bpy.context.scene)
    except Fault as fault:
        answer = {"error": fault.sentence}
    print(f"\n{mark} {json.dumps(answer)}", flush=True)
    os._exit(0)


def facts(scene):
    render = scene.render
    return {
        "blender_version": ".".join(map(str, bpy.data.version)),
        "scene_name": scene.name,
        "scene_count": len(bpy.data.scenes),
        "scenes": sorted(scene.name for scene in bpy.data.scenes),
        "frame_start": scene.frame_start,
        "frame_end": scene.frame_end,
        "frame_step": scene.frame_step,
        "fps": render.fps / render.fps_base,
        "width": render.resolution_x,
        "height": render.resolution_y,
        "resolution_percent": render.resolution_percentage,
        "engine": render.engine,
        "samples": scene.cycles.samples if render.engine == "CYCLES" else None,
        "output_format": _FORMATS.get(render.image_settings.file_format, "OTHER"),
        "cameras": sorted(thing.name for thing in scene.objects if thing.type == "CAMERA"),
        "camera": scene.camera.name if scene.camera else None,
        "view_layers": [layer.name for layer in scene.view_layers],
        "missing_files": [path for _, path in host_findings.missing_files()],
        "blocked_scripts": host_findings.blocked_scripts(),
        "has_compositor_output": any(True for _ in host_output.file_output_nodes()),
        "has_unbaked_rigid_body": host_simulation.has_unbaked_rigid_body(scene),
    }


if __name__ == "__main__":
    main()
