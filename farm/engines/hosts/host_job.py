"""The job folder as a host program sees it: finding the scene in it, numbers of an order, delivering a picture."""

import os
import re
import shutil

from host_speaking import Fault

_WRITING = ".writing"
_LARGEST_NUMBER = 65_536
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
_SHOWN = 40


def scene_path(job, name, constant, endings):
    """The main file that the constant names, which has to lie in the job folder. Raises Fault."""
    wanted = name.replace("\\", "/") if not os.path.lexists(os.path.join(job, name)) else name
    path = os.path.realpath(os.path.join(job, wanted.removeprefix("/job/")))
    if not path.startswith(os.path.realpath(job) + os.sep):
        raise Fault("SCENE_OUTSIDE", f"{constant} has to name a file of the render, and “{name}” lies outside it.")
    if not os.path.isfile(path):
        there = _those_there(job, endings, constant)
        raise Fault("SCENE_MISSING", f"The scene “{name}” is not among the files of the render. {there}")
    return path


def _those_there(job, endings, constant):
    found = []
    for parent, _, names in os.walk(job):
        found += [os.path.relpath(os.path.join(parent, name), job) for name in names if name.endswith(endings)]
    if not found:
        return f"There is no {' or '.join(endings)} file among them: upload it and try again."
    return f"Scenes that are there: {', '.join(sorted(found)[:5])}. Set {constant} to one of them."


def number(constants, name, least=1, most=_LARGEST_NUMBER):
    """The whole number of a constant, or None where it is empty. Raises Fault."""
    text = constants.get(name, "").strip()
    if not text:
        return None
    if not _WHOLE_NUMBER.fullmatch(text) or not least <= int(text) <= most:
        sentence = f"{name} has to be a whole number from {least} to {most}, not “{text[:_SHOWN]}”."
        raise Fault("CONSTANT_UNREADABLE", sentence)
    return int(text)


def chosen(constants, name, known, default):
    """One of the words of `known`, whatever its case. Raises Fault."""
    word = (constants.get(name) or default).strip().upper()
    if word not in known:
        choices = ", ".join(filter(None, known))
        code = "FORMAT_UNKNOWN" if name.endswith("_FORMAT") else "CONSTANT_UNREADABLE"
        raise Fault(code, f"{name} is “{word}”, which is none of these: {choices}. Choose one of them.")
    return word


def new_writing_folder(job):
    """Empty; on the disk of the job, so that a picture gets its name in one step."""
    folder = os.path.join(job, _WRITING)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    return folder


def deliver(job, picture, name, speaker):
    """A file's name in the job folder means that it is whole."""
    there = os.path.join(job, name)
    os.makedirs(os.path.dirname(there), exist_ok=True)
    os.replace(picture, there)
    speaker.event("file", path=name)


def not_written(job, software):
    """Why a renderer that finished left no picture."""
    if shutil.disk_usage(job).free < 64 * 1024 * 1024:
        return Fault("DISK_FULL", "The disk of the machine ran full while the picture was written.")
    return Fault("NO_PICTURE", f"{software} finished and wrote no picture; the log says more.")
