"""Reads LuxCore's scene description: lines of `name = values`, in the .cfg (how) and in the .scn (what).

Used by the host program and by the reader, which runs apart from the renderer: Python's own library only.
"""

import os
import re

_LINE = re.compile(r"\s*([A-Za-z0-9_.\-:]+)\s*=\s*(.*?)\s*$")
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_FILE_OPTIONS = {"ply": "mesh", "file": "texture", "iesfile": "light profile", "mapfile": "texture"}
_MOST_UP = 16
_LARGEST_NUMBER = 1e9


def parse(text):
    """Name → list of values, as text."""
    found = {}
    for line in text.splitlines():
        match = None if line.lstrip().startswith("#") else _LINE.match(line)
        if match:
            found[match[1]] = [quoted or plain for quoted, plain in _VALUE.findall(match[2])]
    return found


def first(properties, name, default=""):
    values = properties.get(name)
    return values[0] if values else default


def number(properties, name):
    """A number that is more than 0, or None where it is none or nothing that a render can have."""
    try:
        value = float(first(properties, name))
    except ValueError:
        return None
    return value if 0 < value < _LARGEST_NUMBER else None


def files_of(properties):
    """(name of the property, path, kind) of each file that the scene reads."""
    for name, values in properties.items():
        kind = _FILE_OPTIONS.get(name.rsplit(".", 1)[-1])
        if name == "scene.file":
            continue  # the scene itself
        if kind and values and values[0] and name.startswith(("scene.", "film.imagepipeline")):
            yield name, values[0], kind


def working_folder(job, configuration, scene_file):
    """(folder that the configuration's paths begin at, path of the scene from there), or None where it is nowhere.

    LuxCore means the folder it is started in: that of the .cfg, or, in its own examples, one further up.
    """
    scene_file = scene_file.replace("\\", "/")
    folder = os.path.dirname(configuration)
    for _ in range(_MOST_UP):
        if _is_inside(job, os.path.join(folder, scene_file)):
            return folder, scene_file
        if folder == job:
            break
        folder = os.path.dirname(folder)
    beside = os.path.basename(scene_file)  # an exporter's path on the artist's own machine
    if _is_inside(job, os.path.join(os.path.dirname(configuration), beside)):
        return os.path.dirname(configuration), beside
    return None


def _is_inside(job, path):
    real = os.path.realpath(path)
    return real.startswith(job + os.sep) and os.path.isfile(real)


def where_is(job, path, folders):
    """The file of that path below one of the folders, or else the one file of that name in the job, or None."""
    path = path.replace("\\", "/")
    for folder in folders:
        candidate = os.path.join(folder, path)
        if _is_inside(job, candidate):
            return os.path.realpath(candidate)
    name = os.path.basename(path)
    found = [os.path.join(parent, name) for parent, _, names in os.walk(job) if name in names]
    return found[0] if len(found) == 1 and _is_inside(job, found[0]) else None
