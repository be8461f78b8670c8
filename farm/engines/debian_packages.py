"""Unpacks Debian packages, and those that they need and this machine lacks, into a folder of the user's own.

Nothing is installed in the system and no root is needed: apt works with lists and an archive folder
of its own, so that it finds packages where the system's lists are empty as well.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.engines.whole_folder import make_whole

Say = Callable[[str], None]

_MARKER = "unpacked.json"
_APT_SECONDS = 900
_UNPACK_SECONDS = 300
_PROGRAM_FOLDERS = ("usr/bin", "bin", "usr/sbin", "sbin", "usr/games")
_LIBRARY_FOLDERS = ("usr/lib", "lib")
_NEEDED_TOOLS = ("apt-get", "dpkg-deb")


class UnpackingFailed(Exception):
    """Nothing was unpacked; the text says why and what to do."""


@dataclass(frozen=True)
class Unpacked:
    """A folder laid out like the root of a system, with the programs of some packages in it."""

    folder: Path

    def program(self, name: str) -> Path:
        """Where a program lies, whether it is there or not."""
        places = [self.folder / parent / name for parent in _PROGRAM_FOLDERS]
        return next((place for place in places if place.is_file()), places[0])

    def library_folders(self) -> list[Path]:
        """Those that hold a shared library: also the ones that a package's installation would have linked."""
        found: dict[Path, None] = {}
        for parent in _LIBRARY_FOLDERS:
            for library in sorted((self.folder / parent).rglob("lib*.so*")):
                found[library.parent] = None
        return list(found)

    def environment(self) -> dict[str, str]:
        """What its programs have to be started with, added to the caller's own environment."""
        paths = [str(self.folder / parent) for parent in _PROGRAM_FOLDERS]
        return {
            "PATH": os.pathsep.join([*paths, "/usr/local/bin", "/usr/bin", "/bin"]),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, self.library_folders())),
        }


def missing_tools() -> str:
    """Empty where packages can be unpacked; else a sentence that says why they can't."""
    missing = [name for name in _NEEDED_TOOLS if shutil.which(name) is None]
    if not missing:
        return ""
    return f"This machine has no {' and no '.join(missing)}, so that Debian's packages cannot be had here."


def is_unpacked(packages: Sequence[str], folder: Path) -> bool:
    """Whether the folder was made whole of these packages."""
    try:
        marker = json.loads((folder / _MARKER).read_text())
    except (OSError, ValueError):
        return False
    return bool(marker.get("packages") == list(packages))


def unpack(packages: Sequence[str], folder: Path, say: Say = print) -> Unpacked:
    """Idempotent; a second one beside it waits for the first. Raises UnpackingFailed."""

    def fill(making: Path) -> None:
        files = fetch_into(making, packages, say)
        (making / _MARKER).write_text(json.dumps({"packages": list(packages), "files": files}))

    if not is_unpacked(packages, folder):
        try:
            make_whole(folder, lambda: is_unpacked(packages, folder), fill, say)
        except OSError as error:
            raise UnpackingFailed(f"{folder.name} could not be made in {folder.parent}: {error}.") from error
    return Unpacked(folder)


def fetch_into(folder: Path, packages: Sequence[str], say: Say) -> list[str]:
    """Into a folder that may be there; the names of the package files. Raises UnpackingFailed, OSError."""
    if why := missing_tools():
        raise UnpackingFailed(why)
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".apt-", dir=folder.parent) as apt:
        archives = _fetch(packages, Path(apt), say)
        say(f"unpacking {len(archives)} packages")
        for archive in archives:
            _run(["dpkg-deb", "--extract", str(archive), str(folder)], _UNPACK_SECONDS)
        return [archive.name for archive in archives]


def _fetch(packages: Sequence[str], apt: Path, say: Say) -> list[Path]:
    """The packages and the not installed ones of those they depend on, checked by apt against Debian's signatures."""
    archives = apt / "archives"
    for folder in (apt / "state/lists/partial", archives / "partial"):
        folder.mkdir(parents=True)
    say(f"fetching the list of Debian's packages, then {', '.join(packages)}")
    answer = _run([*_apt_get(apt), "update"], _APT_SECONDS, must_succeed=False)
    install = ["install", "--assume-yes", "--no-install-recommends", "--reinstall", "--download-only"]
    fetched = _run([*_apt_get(apt), *install, "--", *packages], _APT_SECONDS, must_succeed=False)
    if fetched.returncode != 0:
        raise UnpackingFailed(_why(packages, f"{answer.stdout}\n{fetched.stdout}"))
    return sorted(archives.glob("*.deb"))


def _apt_get(apt: Path) -> list[str]:
    """With the system's sources and keys and a state of its own; nothing outside `apt` is written."""
    options = {
        "Dir::State": apt / "state",
        "Dir::State::lists": apt / "state/lists",  # said as well, lest the system's settings name another
        "Dir::State::status": "/var/lib/dpkg/status",  # what is installed: those packages are not needed twice
        "Dir::Cache": apt / "cache",
        "Dir::Cache::archives": apt / "archives",
        "Dir::Log": apt / "log",
        "Debug::NoLocking": "1",  # the system's lock is root's
        "APT::Sandbox::User": "",  # apt's own user could not write into a folder of ours
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    return ["apt-get", "--quiet", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def _run(command: Sequence[str], seconds: float, must_succeed: bool = True) -> "subprocess.CompletedProcess[str]":
    environment: Mapping[str, str] = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as silence:
        raise UnpackingFailed(f"{command[0]} did not finish within {seconds:.0f} seconds: try again.") from silence
    if must_succeed and answer.returncode != 0:
        raise UnpackingFailed(f"{command[0]} failed: {_last_line(answer.stdout)}")
    return answer


def _why(packages: Sequence[str], said: str) -> str:
    """One sentence from what apt printed."""
    wanted = ", ".join(packages)
    if "No space left on device" in said or "enough free space" in said:
        return f"The disk ran full while {wanted} was fetched: make room and try again."
    if "Failed to fetch" in said or "Temporary failure resolving" in said:
        return f"apt could not fetch {wanted}: check that this machine reaches its Debian packages (apt-get update)."
    if "Unable to locate package" in said or "has no installation candidate" in said:
        return f"This machine's apt knows no package of the name {wanted}: check its sources (apt-cache policy)."
    return f"apt could not fetch {wanted}: {_last_line(said)}"


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
