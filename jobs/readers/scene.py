"""Reads a .blend without Blender and prints what it says, as one line of JSON. Runs only inside the sandbox.

    python scene.py FOLDER MAIN_FILE

Knows blender-asset-tracer and nothing of ours. FOLDER holds the scene's files; the .blends are whole,
of the others the names are enough. Prints {"error": …} for a file that can't be read.
"""

import base64
import json
import struct
import sys
from pathlib import Path
from typing import Any

from blender_asset_tracer import blendfile
from blender_asset_tracer.blendfile import BlendFile, BlendFileBlock, exceptions, iterators
from links import linked_files

CAMERA = 11
TEXT_IS_REGISTERED = 1 << 2
CACHE_IS_BAKED = 1 << 0
BORDER = 1 << 9
IMAGE_TYPES = {0: "TGA", 4: "JPEG", 14: "TGA", 17: "PNG", 23: "EXR", 28: "MULTILAYER"}
MOVIE_TYPES = {5, 15, 16, 24, 31, 32, 33, 36}
LARGEST_THUMBNAIL = 512


def version_words(version: int) -> str:
    """280 → 2.80, 306 → 3.6, 405 → 4.5: Blender counts in hundreds and changed its mind at 3.0."""
    major, minor = divmod(version, 100)
    return f"{major}.{minor:02}" if major < 3 else f"{major}.{minor}"


def name_of(block: BlendFileBlock | None) -> str:
    """Without the two letters of its kind."""
    return block.id_name[2:].decode(errors="replace") if block is not None and block.id_name else ""


def field(block: BlendFileBlock, *path: bytes, default: Any) -> Any:
    """What the file holds there; the default where this version of Blender had no such field."""
    try:
        return block.get(path if len(path) > 1 else path[0], default, as_str=isinstance(default, str))
    except (KeyError, UnicodeDecodeError, exceptions.BlendFileError):
        return default


def pointed(block: BlendFileBlock, *path: bytes) -> BlendFileBlock | None:
    try:
        return block.get_pointer(path if len(path) > 1 else path[0], None)
    except (KeyError, exceptions.BlendFileError):
        return None


def active_scene(blend: BlendFile) -> BlendFileBlock | None:
    for glob in blend.find_blocks_from_code(b"GLOB"):
        scene = pointed(glob, b"curscene")
        if scene is not None:
            return scene
    scenes = blend.find_blocks_from_code(b"SC")
    return scenes[0] if scenes else None


def listed(block: BlendFileBlock | None) -> list[BlendFileBlock]:
    """The members of a linked list; a loop a damaged file made is cut."""
    found: list[BlendFileBlock] = []
    if block is None:
        return found
    seen = set()
    for member in iterators.listbase(block):
        if member.addr_old in seen or len(found) > 100_000:
            break
        seen.add(member.addr_old)
        found.append(member)
    return found


def own_property(scene: BlendFileBlock, group: bytes, name: bytes) -> int | None:
    """An add-on's setting such as cycles.samples: kept in id.properties, since 5.0 in id.system_properties."""
    for where in (b"system_properties", b"properties"):
        top = pointed(scene, b"id", where)
        if top is None:
            continue
        for member in listed(pointed(top, b"data", b"group", b"first")):
            if member.get(b"name") != group:
                continue
            for setting in listed(pointed(member, b"data", b"group", b"first")):
                if setting.get(b"name") == name:
                    return int(setting.get((b"data", b"val")))
    return None


def cycles_samples(scene: BlendFileBlock, version: int) -> int:
    kept = own_property(scene, b"cycles", b"samples")
    if kept is not None:
        return kept
    return 4096 if version >= 300 else 128 if version >= 279 else 10


def output_format(scene: BlendFileBlock) -> str:
    kind = field(scene, b"r", b"im_format", b"imtype", default=-1)
    if kind == -1:
        kind = field(scene, b"r", b"imtype", default=17)
    return "MOVIE" if kind in MOVIE_TYPES else IMAGE_TYPES.get(kind, "OTHER")


def has_file_output(scene: BlendFileBlock) -> bool:
    for where in (b"compositing_node_group", b"nodetree"):
        tree = pointed(scene, where)
        if tree is not None and any(
            field(node, b"idname", default="") == "CompositorNodeOutputFile"
            for node in listed(pointed(tree, b"nodes", b"first"))
        ):
            return True
    return False


def has_unbaked_rigid_body(scene: BlendFileBlock) -> bool:
    world = pointed(scene, b"rigidbody_world")
    if world is None:
        return False
    cache = pointed(pointed(world, b"shared") or world, b"pointcache")
    return cache is None or not field(cache, b"flag", default=0) & CACHE_IS_BAKED


def thumbnail(blend: BlendFile) -> dict[str, Any] | None:
    """The little picture Blender keeps in the file: upright RGBA rows, bottom one first."""
    for block in blend.find_blocks_from_code(b"TEST"):
        raw = block.raw_data()
        order = "<" if blend.header.is_little_endian else ">"
        if len(raw) < 8:
            continue
        width, height = struct.unpack(f"{order}ii", raw[:8])
        pixels = raw[8 : 8 + width * height * 4]
        if 0 < width <= LARGEST_THUMBNAIL and 0 < height <= LARGEST_THUMBNAIL and len(pixels) == width * height * 4:
            return {"width": width, "height": height, "rgba": base64.b64encode(pixels).decode()}
    return None


def frames_per_second(scene: BlendFileBlock) -> float:
    base = field(scene, b"r", b"frs_sec_base", default=1.0) or 1.0
    return round(field(scene, b"r", b"frs_sec", default=25) / base, 4)


def colour_view(scene: BlendFileBlock) -> dict[str, Any]:
    return {
        "display": field(scene, b"display_settings", b"display_device", default="") or "sRGB",
        "view": field(scene, b"view_settings", b"view_transform", default="") or "Standard",
        "look": field(scene, b"view_settings", b"look", default="") or "None",
        "exposure": field(scene, b"view_settings", b"exposure", default=0.0),
        "gamma": field(scene, b"view_settings", b"gamma", default=1.0),
    }


def scene_facts(blend: BlendFile, scene: BlendFileBlock) -> dict[str, Any]:
    engine = field(scene, b"r", b"engine", default="") or "BLENDER_RENDER"
    return {
        "scene_name": name_of(scene),
        "frame_start": field(scene, b"r", b"sfra", default=1),
        "frame_end": field(scene, b"r", b"efra", default=1),
        "frame_step": field(scene, b"r", b"frame_step", default=1) or 1,
        "fps": frames_per_second(scene),
        "width": field(scene, b"r", b"xsch", default=0),
        "height": field(scene, b"r", b"ysch", default=0),
        "resolution_percent": field(scene, b"r", b"size", default=100) or 100,
        "engine": engine,
        "samples": cycles_samples(scene, blend.header.version) if engine == "CYCLES" else None,
        "output_format": output_format(scene),
        "camera": name_of(pointed(scene, b"camera")) or None,
        "has_border": bool(field(scene, b"r", b"mode", default=0) & BORDER),
        "has_compositor_output": has_file_output(scene),
        "has_unbaked_rigid_body": has_unbaked_rigid_body(scene),
        "colour": colour_view(scene),
    }


def facts(blend: BlendFile) -> dict[str, Any]:
    scene = active_scene(blend)
    cameras = [name_of(o) for o in blend.find_blocks_from_code(b"OB") if field(o, b"type", default=0) == CAMERA]
    found: dict[str, Any] = {
        "software_version": version_words(blend.header.version),
        "scene_count": len(blend.find_blocks_from_code(b"SC")),
        "scenes": [name_of(block) for block in blend.find_blocks_from_code(b"SC")],
        "cameras": sorted(cameras),
        "registered_scripts": [
            name_of(text)
            for text in blend.find_blocks_from_code(b"TX")
            if field(text, b"flags", default=0) & TEXT_IS_REGISTERED
        ],
    }
    if scene is not None:
        found.update(scene_facts(blend, scene))
        camera = found["camera"]
        if camera and camera not in cameras:
            found["cameras"].append(camera)
    return found


def read(folder: Path, main_file: str) -> dict[str, Any]:
    blendfile.set_strict_pointer_mode(False)
    try:
        blend = blendfile.open_cached(folder / main_file)
    except Exception as failure:  # whatever a damaged or hostile file makes the parser do
        return {"error": "damaged", "detail": f"{type(failure).__name__}: {failure}"[:300]}
    found = facts(blend)
    found["linked_files"], found["links_error"] = linked_files(folder, folder / main_file)
    found["thumbnail"] = thumbnail(blend)
    return found


if __name__ == "__main__":
    try:
        said = read(Path(sys.argv[1]).resolve(), sys.argv[2])
    except MemoryError:
        said = {"error": "too_heavy"}
    except Exception as failure:  # the parent wants words for whatever happened
        said = {"error": "damaged", "detail": f"{type(failure).__name__}: {failure}"[:300]}
    sys.stdout.write(json.dumps(said))
