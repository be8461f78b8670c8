"""Tier A: the command line that puts a command behind bubblewrap.

The command sees its job at /job, the system's libraries and what it was given to read, and
nothing else: no network, no other process, no account, no home. Two ways, because of the uid:
an ordinary user gets a user namespace; root gets none and changes to a uid that nobody has,
so that the limits on processes (which root is free of) hold, and a kernel that lets it out
lets out nobody.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import image_root
from sandbox.limits import Limits
from sandbox.system import SYSTEM_FOLDERS

JOB = "/job"
TEMPORARY = "/tmp"  # noqa: S108 (the cage's own)
SHARED_MEMORY = "/dev/shm"  # noqa: S108

HOSTNAME = "render"

_UNKNOWN_USER = 65534
_SHARED_MEMORY_MB = 64


@dataclass(frozen=True)
class Cage:
    """What bubblewrap is told. `user` is the uid to change to, where root starts it; `root`: see image_root."""

    job: Path
    read_only: Sequence[Path]
    environment: Mapping[str, str]
    limits: Limits
    user: int | None
    scratch: Path | None = None
    root: Path | None = None
    hostname: str = HOSTNAME

    def command(self, command: Sequence[str], filter_descriptor: int, start_descriptor: int | None = None) -> list[str]:
        """`start_descriptor`: image_root's start script, where there is a root. Raises MissingTool, UnsafeRoot."""
        return [
            _tool("bwrap"),
            *self._namespaces(),
            *self._temporary(),
            *(self._system() if self.root is None else self._image(self.root, start_descriptor)),
            *("--bind", str(self.job), JOB, "--remount-ro", "/"),
            *("--chdir", JOB, "--seccomp", str(filter_descriptor), "--"),
            *self._limited(),
            *([] if self.root is None else [*image_root.started(_tool("sh")), image_root.START]),
            *command,
        ]

    def _namespaces(self) -> list[str]:
        options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        options += ["--die-with-parent", "--new-session", "--hostname", self.hostname, "--cap-drop", "ALL"]
        if self.user is not None:
            # Until setpriv drops them: to change the uid, and to step into the job folder of that uid.
            needed = ("CAP_SETUID", "CAP_SETGID", "CAP_DAC_READ_SEARCH")
            return [*options, *(word for name in needed for word in ("--cap-add", name))]
        return [
            *options,
            "--unshare-user",
            "--disable-userns",
            "--uid",
            str(_UNKNOWN_USER),
            "--gid",
            str(_UNKNOWN_USER),
        ]

    def _temporary(self) -> list[str]:
        """The temporary folder comes first: what is bound may lie under /tmp."""
        size = str(self.limits.temporary_mb * 1_048_576)
        options = ["--size", size, "--perms", "1777", "--tmpfs", TEMPORARY]
        if self.scratch is not None:
            options = ["--bind", str(self.scratch), TEMPORARY]
        options += ["--proc", "/proc", "--dev", "/dev"]
        return [*options, "--size", str(_SHARED_MEMORY_MB * 1_048_576), "--perms", "1777", "--tmpfs", SHARED_MEMORY]

    def _system(self) -> list[str]:
        options = []
        shown = (*SYSTEM_FOLDERS, *map(Path, self._tools()), *self.read_only)
        for folder in _parents(shown):
            options += ["--perms", "0755", "--dir", str(folder)]
        for path in shown:
            options += _shown(path)
        # Blender looks for the mounted file systems, and complains in the artist's log where it finds no list.
        return [*options, "--symlink", "/proc/self/mounts", "/etc/mtab"]

    def _image(self, root: Path, start_descriptor: int | None) -> list[str]:
        options = image_root.shown(root, self.limits.temporary_mb * 1_048_576)
        options += image_root.beside([*self._tools(), _tool("sh")])
        return [*options, "--perms", "0444", "--ro-bind-data", str(start_descriptor), image_root.START]

    def _limited(self) -> list[str]:
        """Set inside: counted outside, the user's other processes would use up the number of threads."""
        limits = self.limits
        command = [
            *self._own("prlimit"),
            f"--as={limits.address_space_bytes}",
            f"--fsize={limits.file_bytes}",
            f"--nofile={limits.open_files}",
            f"--nproc={limits.threads}",
            "--core=0",
        ]
        if self.user is not None:
            identity = ["--reuid", str(self.user), "--regid", str(self.user), "--clear-groups"]
            command += [*self._own("setpriv"), *identity, "--inh-caps", "-all"]
        return command

    def _own(self, name: str) -> list[str]:
        return [_tool(name)] if self.root is None else image_root.started(_tool(name))

    def _tools(self) -> list[str]:
        names = ("prlimit",) if self.user is None else ("prlimit", "setpriv")
        return [_tool(name) for name in names]


def _parents(paths: Sequence[Path]) -> list[Path]:
    """bwrap would make them for its own uid only; the command has another."""
    parents = {parent for path in paths for parent in path.parents if parent != Path("/")}
    return sorted(parents - set(paths))


def _shown(path: Path) -> list[str]:
    """A link of the system (/lib → usr/lib) stays a link; what is not there is passed over."""
    if path.is_symlink() and path in SYSTEM_FOLDERS:
        return ["--symlink", os.readlink(path), str(path)]
    return ["--ro-bind-try", str(path), str(path)]


class MissingTool(Exception):
    """A program that tier A is made of is not on this machine."""


def _tool(name: str) -> str:
    """bwrap, prlimit and setpriv of util-linux, and the system's shell."""
    found = shutil.which(name) or shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        raise MissingTool(name)
    return os.path.realpath(found)
