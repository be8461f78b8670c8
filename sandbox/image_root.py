"""Tier A with somebody else's file system as its root: an image of other software.

The image is hostile, and nothing of it is run or trusted before the command's rights are gone: the
farm's own programs lie beside it with their libraries, and are started by their own loader; the
command's environment, which may steer a loader, is set by the last of them, when only the
command is left to start. The image's folders are shown one by one in a root of ours, so that no
link of the image decides where something is mounted.
"""

import functools
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

OURS = "/.cage"
START = f"{OURS}/start"
MOST_ENTRIES = 500
"""Files and folders at the top of an image; bubblewrap takes 9000 words."""
_NOT_THE_IMAGES = frozenset({".cage", "job", "tmp", "run", "proc", "dev"})
_PRELOADED = "ld.so.preload"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_THE_SHELLS_OWN = frozenset({"OPTIND", "UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"})
_LIBRARY = re.compile(r"(?:=>)?\s*(/\S+) \(0x")


class UnsafeRoot(Exception):
    """This file system is not shown to anyone; the text says why."""


def shown(root: Path, temporary_bytes: int) -> list[str]:
    """bwrap's options for the image's files. Raises UnsafeRoot."""
    entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    if len(entries) > MOST_ENTRIES:
        raise UnsafeRoot(f"it has more than {MOST_ENTRIES} files at its top")
    if os.path.lexists(root / "etc" / _PRELOADED):
        raise UnsafeRoot(f"it has an /etc/{_PRELOADED}, which would be loaded into the farm's own programs")
    options = []
    for entry in entries:
        if entry.name not in _NOT_THE_IMAGES:
            options += _entry(entry)
    options += ["--size", str(temporary_bytes), "--perms", "1777", "--tmpfs", "/run"]
    if _is_folder(root / "var") and _is_folder(root / "var" / "tmp"):
        options += ["--size", str(temporary_bytes), "--perms", "1777", "--tmpfs", "/var/tmp"]  # noqa: S108
    return options


def _entry(entry: "os.DirEntry[str]") -> list[str]:
    place = f"/{entry.name}"
    if entry.is_symlink():
        # A whole /etc elsewhere could bring a list of libraries to load into our own programs.
        return [] if entry.name == "etc" else ["--symlink", os.readlink(entry.path), place]
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return ["--ro-bind", entry.path, place]
    return []


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def beside(programs: Sequence[str]) -> list[str]:
    """bwrap's options for the farm's own programs and all that they load."""
    options = ["--perms", "0755", "--dir", OURS]
    for path in sorted({path for program in programs for path in (program, *_libraries(program))}):
        options += ["--ro-bind", os.path.realpath(path), _place(path)]
    return options


def started(program: str) -> list[str]:
    """The command line that runs one of the farm's own programs, with nothing of the image in it."""
    loader = next((path for path in _libraries(program) if Path(path).name.startswith("ld-")), None)
    if loader is None:
        return [_place(program)]  # it is static
    return [_place(loader), "--inhibit-cache", "--library-path", OURS, _place(program)]


def _place(path: str) -> str:
    return f"{OURS}/{Path(path).name}"


@functools.cache
def _libraries(program: str) -> tuple[str, ...]:
    """What the program loads, its loader among them, by the names it asks for. Raises OSError."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return tuple(_LIBRARY.findall(listed.stdout))


def start_script(folder: str, environment: Mapping[str, str]) -> bytes:
    """What the last of our programs, a shell, does: it becomes the command that it is given.

    A name that is no word to a shell is left out.
    """
    # Where memory runs out, the kernel is to end this one, and not the farm.
    lines = ["echo 1000 > /proc/self/oom_score_adj", f"cd -- {shlex.quote(folder)} || exit 126"]
    for name, value in environment.items():
        if _NAME.fullmatch(name) and name not in _THE_SHELLS_OWN:
            lines.append(f"export {name}={shlex.quote(value)}")
    return "\n".join([*lines, 'exec "$@"', ""]).encode(errors="surrogateescape")
