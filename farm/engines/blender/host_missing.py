"""Finds files that don't lie where the scene says by their names, anywhere below the job folder."""

import os

import bpy
from host_findings import missing_files

_MOST_ROUNDS = 4
"""A library that is found may name files that are missing in its turn."""


def find_by_name(job, speaker=None):
    """What an artist linked by an absolute path lies elsewhere here. What was found is said in the log."""
    before = missing_files()
    missing = before
    for _ in range(_MOST_ROUNDS):
        if not missing:
            break
        absent = [library for library in bpy.data.libraries if not _is_there(library)]
        bpy.ops.file.find_missing_files(directory=job)
        _reload([library for library in absent if _is_there(library)], speaker)
        still = missing_files()
        if still == missing:
            break
        before += [one for one in still if one not in before]
        missing = still
    if speaker:
        _tell([path for kind, path in before if (kind, path) not in missing], speaker)


def _is_there(library):
    return bool(library.packed_file) or os.path.exists(bpy.path.abspath(library.filepath))


def _reload(libraries, speaker):
    for library in libraries:
        try:
            library.reload()
        except RuntimeError as failure:
            if speaker:
                speaker.say(f"The library {library.filepath} was found and can't be read: {failure}")


def _tell(found, speaker):
    for path in found:
        speaker.say(f"Found by its name among the files of the render: {path}")
