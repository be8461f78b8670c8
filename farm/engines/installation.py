"""Installs a renderer into the user's cache folder, whole or not at all.

A folder with the engine's name is always a whole one. What is built differs: wheel.py, debian.py.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from farm.engines.interpreters import NoInterpreter
from farm.engines.profile import Profile
from farm.engines.whole_folder import make_whole

Say = Callable[[str], None]

_MARKER = "installed.json"
_SAY_EVERY_SECONDS = 2.0
_MEGABYTE = 1_000_000


class InstallationFailed(Exception):
    """Nothing was installed; the text says why and what to do."""


class NotForThisMachine(InstallationFailed):
    """This machine lacks what the software is installed with, so that trying again would not help."""


def engine_folder(profile: Profile) -> Path:
    return Path(settings.ENGINES_FOLDER) / profile.folder_name


def is_whole(profile: Profile) -> bool:
    """Whether the engine's folder is there, and of the profile's version."""
    try:
        marker = json.loads((engine_folder(profile) / _MARKER).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("version") == profile.version


def not_installed(profile: Profile) -> str:
    return (
        f"{profile.software} {profile.version} is not installed here. "
        f"Install it with: manage.py engine install {profile.name}"
    )


def build_whole(profile: Profile, build: Callable[[Path], None], installed_mb: int, say: Say) -> None:
    """Has `build` fill a new folder, and gives it the engine's name. A second one beside it waits for the first.

    `build` raises InstallationFailed for what it can say in a sentence. `installed_mb` is about how much disk
    the result takes.
    """
    folder = engine_folder(profile)

    def fill(making: Path) -> None:
        _need_disk(profile, folder.parent, installed_mb)
        build(making)
        (making / _MARKER).write_text(json.dumps({"profile": profile.name, "version": profile.version}))

    try:
        make_whole(folder, lambda: profile.is_installed, fill, say)
    except NoInterpreter as missing:
        raise InstallationFailed(f"{profile.name}: {missing}") from missing
    except OSError as error:
        raise InstallationFailed(f"{profile.name}: could not be installed in {folder.parent}: {error}") from error
    say(f"{profile.name}: {profile.software} {profile.version} is installed in {folder}")


def _need_disk(profile: Profile, parent: Path, installed_mb: int) -> None:
    """The package and what it unpacks to lie on the disk at the same time."""
    needed_mb = int(installed_mb * 1.6)
    free_mb = shutil.disk_usage(parent).free // _MEGABYTE
    if free_mb < needed_mb:
        raise InstallationFailed(
            f"{profile.name} needs {needed_mb} MB of disk in {parent} and {free_mb} MB are free: "
            "make room there, or set RENDER_ENGINES to a folder on a larger disk."
        )


def run_installer(
    command: list[str], making: Path, on_growth: Callable[[int], None], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Exit code and all it printed. `on_growth` hears how many MB lie in `making` by now, as it grows."""
    log = making.with_name(f"{making.name}.log")
    with open(log, "w+") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        try:
            _tell_growth(process, making, on_growth)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        text = output.read()
    log.unlink(missing_ok=True)
    return process.returncode, text


def _tell_growth(process: "subprocess.Popen[bytes]", making: Path, on_growth: Callable[[int], None]) -> None:
    told = 0
    while True:
        try:
            process.wait(timeout=_SAY_EVERY_SECONDS)
            return
        except subprocess.TimeoutExpired:
            size = _size_mb(making)
            if size > told:
                on_growth(size)
                told = size


def _size_mb(folder: Path) -> int:
    """What stays; the installer's temporary files don't count."""
    total = 0
    for parent, folders, names in os.walk(folder):
        if parent == str(folder) and "tmp" in folders:
            folders.remove("tmp")
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total // _MEGABYTE
