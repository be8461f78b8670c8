"""Switches on the add-ons that came with the order, in the engine's own user folder, which ends with it.

An add-on is a program. What it may do is what the sandbox lets it do, as with everything a scene brings.
"""

import importlib
import os
import sys
import tomllib
import zipfile
from pathlib import PurePosixPath

import addon_utils
import bpy
from host_speaking import Fault

_MANIFEST = "blender_manifest.toml"
_REPOSITORY = "user_default"
_MOST_BYTES = 2 * 1024**3


def switch_on(names, job, speaker):
    """`names`: paths of zips below the job folder, with commas. Raises Fault."""
    for name in filter(None, (part.strip() for part in names.split(","))):
        _switch_on(name, _path_of(name, job), speaker)


def _path_of(name, job):
    path = os.path.realpath(os.path.join(job, name.removeprefix("/job/")))
    if not path.startswith(os.path.realpath(job) + os.sep) or not os.path.isfile(path):
        raise _fault(name, "it is not among the files of the render")
    return path


def _fault(name, reason):
    here = bpy.app.version_string
    return Fault(
        "ADD_ON_FAILED",
        f"The add-on “{os.path.basename(name)}” can't be switched on in Blender {here}: {reason}. "
        "Choose a version of it for this Blender, or render without it.",
    )


def _switch_on(name, path, speaker):
    try:
        with zipfile.ZipFile(path) as archive:
            module = _unpack(archive, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as broken:
        raise _fault(name, f"its zip can't be read ({broken})") from None
    importlib.invalidate_caches()
    failures = []
    if addon_utils.enable(module, default_set=False, handle_error=failures.append) is None:
        reason = " ".join(str(failures[-1]).split())[:300] if failures else "it gave no reason"
        raise _fault(name, reason)
    speaker.say(f"Add-on switched on: {module.rpartition('.')[2]} ({os.path.basename(name)})")


def _unpack(archive, name):
    """The module to switch on: of an extension (Blender 4.2 and newer), or of an add-on in the older form."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise _fault(name, f"it unpacks to more than {_MOST_BYTES // 1024**3} GB")
    manifests = [path for path in map(_path, entries) if path.name == _MANIFEST and len(path.parts) <= 2]
    if manifests:
        return _unpack_extension(archive, entries, min(manifests, key=lambda path: len(path.parts)), name)
    return _unpack_add_on(archive, entries, name)


def _path(entry):
    return PurePosixPath(entry.filename.replace("\\", "/"))


def _unpack_extension(archive, entries, manifest, name):
    try:
        facts = tomllib.loads(archive.read(str(manifest)).decode())
        module, kind = str(facts["id"]), facts.get("type", "add-on")
    except (ValueError, KeyError):
        raise _fault(name, f"its {_MANIFEST} can't be read") from None
    if kind != "add-on" or not module.isidentifier():
        raise _fault(name, f"it is a {kind} and no add-on" if kind != "add-on" else "its id is no name of a module")
    repository = bpy.utils.user_resource("EXTENSIONS", path=_REPOSITORY, create=True)
    inside = manifest.parent
    for entry in entries:
        if inside in _path(entry).parents:
            _put(archive, entry, os.path.join(repository, module), _path(entry).relative_to(inside))
    return f"bl_ext.{_REPOSITORY}.{module}"


def _unpack_add_on(archive, entries, name):
    """A folder with an __init__.py, or one file."""
    tops = {path.parts[0] for path in map(_path, entries) if len(path.parts) == 2 and path.name == "__init__.py"}
    tops = tops or {path.stem for path in map(_path, entries) if len(path.parts) == 1 and path.suffix == ".py"}
    if len(tops) != 1:
        raise _fault(name, "there is no single add-on in it (a folder with an __init__.py, or one .py file)")
    folder = bpy.utils.user_resource("SCRIPTS", path="addons", create=True)
    if folder not in sys.path:
        sys.path.append(folder)
    for entry in entries:
        _put(archive, entry, folder, _path(entry))
    return tops.pop()


def _put(archive, entry, folder, path):
    """Below the folder, whatever the name says."""
    parts = [part for part in path.parts if part not in ("/", "..", ".")]
    there = os.path.join(folder, *parts)
    os.makedirs(os.path.dirname(there), exist_ok=True)
    with archive.open(entry) as source, open(there, "wb") as target:
        while data := source.read(1024 * 1024):
            target.write(data)
