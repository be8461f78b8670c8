"""Says in the log what the artist should know before the first picture: what is missing, what was not run."""

import os

import bpy

_MOST_LINES = 30


def tell(speaker):
    """One line each, the worst first."""
    lines = [*_version_lines(), *_missing_lines(), *_script_lines()]
    for line in lines[:_MOST_LINES]:
        speaker.say(line)
    if len(lines) > _MOST_LINES:
        speaker.say(f"… and {len(lines) - _MOST_LINES} more like these.")


def _version_lines():
    if tuple(bpy.data.version)[:2] > bpy.app.version[:2]:
        saved, here = ".".join(map(str, bpy.data.version[:2])), bpy.app.version_string
        yield f"Warning: the scene was saved by Blender {saved} and is opened by {here}: look closely at the pictures."


def _missing_lines():
    for kind, path in missing_files():
        effect = "what it covers will be pink" if kind == "picture" else "what it brings will not be seen"
        yield f"Missing {kind}: {path} ({effect})"


def missing_files():
    """(kind, path as the scene has it) of each file that is not there; a packed one is there."""
    missing = {}
    for library in bpy.data.libraries:
        if not library.packed_file and not os.path.exists(bpy.path.abspath(library.filepath)):
            missing["library", library.filepath] = None
    for image in bpy.data.images:
        is_from_file = image.source in {"FILE", "TILED", "SEQUENCE", "MOVIE"} and image.filepath
        if is_from_file and not image.packed_file and not _image_exists(image):
            missing["picture", image.filepath] = None
    others = {"font": bpy.data.fonts, "movie clip": bpy.data.movieclips, "cache": bpy.data.cache_files}
    others["volume"] = bpy.data.volumes
    for kind, things in others.items():
        for thing in things:
            path = thing.filepath
            is_packed = getattr(thing, "packed_file", None)
            if path and path != "<builtin>" and not is_packed and not _exists(thing, path):
                missing[kind, path] = None
    return list(missing)


def _exists(thing, path):
    return os.path.exists(bpy.path.abspath(path, library=thing.library))


def _image_exists(image):
    """Of a UDIM set, one tile that is there is enough; a sequence need not begin at the named file."""
    if image.source == "TILED":
        numbers = [tile.number for tile in image.tiles] or [1001]
        return any(_exists(image, image.filepath.replace("<UDIM>", str(number))) for number in numbers)
    if image.source == "SEQUENCE":
        folder = os.path.dirname(bpy.path.abspath(image.filepath, library=image.library))
        return os.path.isdir(folder) and bool(os.listdir(folder))
    return _exists(image, image.filepath)


def blocked_scripts():
    """What is not run: texts set to register, and the first thing Blender itself refused, in its words.

    A driver it refuses counts as 0 and changes the picture.
    """
    blocked = [text.name for text in bpy.data.texts if text.use_module]
    if bpy.app.autoexec_fail and not (blocked and bpy.app.autoexec_fail_message.startswith("Text ")):
        blocked.append(bpy.app.autoexec_fail_message or "a script of the scene")
    return blocked


def _script_lines():
    for name in blocked_scripts():
        yield f"Warning: scripts of a scene are not run here. What this one drives stays as it is: {name}"
