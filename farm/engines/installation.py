"""Installs a renderer into the user's cache folder, whole or not at all.

An engine is a virtual environment of its own: a renderer's wheel fits one Python line, and the
farm never imports it. It is built under another name, tried, and renamed, so that a folder with
the engine's name is always a whole one, whatever was killed or ran full meanwhile.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

import sandbox
from farm.engines.interpreters import NoInterpreter, find_interpreter
from farm.engines.profile import Profile

Say = Callable[[str], None]

_MARKER = "installed.json"
_CHECK_SECONDS = 120
_SAY_EVERY_SECONDS = 2.0
_MEGABYTE = 1_000_000


class InstallationFailed(Exception):
    """Nothing was installed; the text says why and what to do."""


def engine_folder(profile: Profile) -> Path:
    return Path(settings.ENGINES_FOLDER) / profile.folder_name


def python_of(profile: Profile) -> Path:
    """The engine's own interpreter, which can import the renderer."""
    return engine_folder(profile) / "bin" / "python"


def start_command(profile: Profile, host: Path) -> list[str]:
    """Runs a host program in the engine's interpreter, whatever the environment says of Python."""
    return [str(python_of(profile)), "-I", "-B", "-X", "utf8", str(host)]


def readable_folders(profile: Profile, host: Path) -> list[Path]:
    """What `start_command` needs to read."""
    return [*sandbox.interpreter_folders(python_of(profile)), engine_folder(profile), host.parent]


def is_installed(profile: Profile) -> bool:
    """Whole, of the profile's version, and its interpreter still there."""
    try:
        marker = json.loads((engine_folder(profile) / _MARKER).read_text())
    except (OSError, ValueError):
        return False
    return marker.get("version") == profile.version and os.access(python_of(profile), os.X_OK)


def ocio_config(profile: Profile) -> Path | None:
    """Blender's own colour configuration, which turns an EXR into the picture Blender shows."""
    found = sorted(engine_folder(profile).glob("lib/python*/site-packages/bpy/*/datafiles/colormanagement/config.ocio"))
    return found[0] if found else None


def install(profile: Profile, say: Say = print) -> None:
    """Idempotent; a second install beside it waits for the first. Raises InstallationFailed."""
    if is_installed(profile):
        say(f"{profile.name}: {profile.software} {profile.version} is installed")
        return
    folder = engine_folder(profile)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder, say):
            if not is_installed(profile):
                _build(profile, folder, say)
    except NoInterpreter as missing:
        raise InstallationFailed(f"{profile.name}: {missing}") from missing
    except OSError as error:
        raise InstallationFailed(f"{profile.name}: could not be installed in {folder.parent}: {error}") from error


@contextlib.contextmanager
def _alone(folder: Path, say: Say) -> Iterator[None]:
    """One installation of an engine at a time; the lock ends with its process, however that ends."""
    with open(folder.with_name(f".{folder.name}.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{folder.name}: another process installs it, waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(profile: Profile, folder: Path, say: Say) -> None:
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    _need_disk(profile, folder.parent)
    interpreter = find_interpreter(profile.python, say)
    say(f"{profile.name}: installing {profile.software} {profile.version} with {interpreter}")
    try:
        _run([str(interpreter), "-m", "venv", str(making)], profile, making, say)
        _install_package(profile, making, say)
        _check(profile, making)
        (making / _MARKER).write_text(json.dumps({"profile": profile.name, "version": profile.version}))
        _put_in_place(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    say(f"{profile.name}: {profile.software} {profile.version} is installed in {folder}")


def _need_disk(profile: Profile, parent: Path) -> None:
    """The wheel and what it unpacks to lie on the disk at the same time."""
    needed_mb = int(profile.installed_mb * 1.6)
    free_mb = shutil.disk_usage(parent).free // _MEGABYTE
    if free_mb < needed_mb:
        raise InstallationFailed(
            f"{profile.name} needs {needed_mb} MB of disk in {parent} and {free_mb} MB are free: "
            "make room there, or set RENDER_ENGINES to a folder on a larger disk."
        )


def _install_package(profile: Profile, making: Path, say: Say) -> None:
    """pip's own settings (index, links, certificates) hold; only its temporary files are kept on this disk."""
    unpacking = making / "tmp"
    unpacking.mkdir()
    command = [str(making / "bin" / "python"), "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
    _run([*command, "--progress-bar", "off", profile.requirement], profile, making, say, TMPDIR=str(unpacking))
    shutil.rmtree(unpacking, ignore_errors=True)


def _run(command: list[str], profile: Profile, making: Path, say: Say, **environment: str) -> None:
    log = making.with_name(f"{making.name}.log")
    with open(log, "w+") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        try:
            _say_growth(process, profile, making, say)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        text = output.read()
    log.unlink(missing_ok=True)
    if process.returncode != 0:
        raise InstallationFailed(_why(profile, text))


def _say_growth(process: "subprocess.Popen[bytes]", profile: Profile, making: Path, say: Say) -> None:
    said = 0
    while True:
        try:
            process.wait(timeout=_SAY_EVERY_SECONDS)
            return
        except subprocess.TimeoutExpired:
            size = _size_mb(making)
            if size > said:
                say(f"{profile.name}: {size} MB of about {profile.installed_mb} MB")
                said = size


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


def _why(profile: Profile, text: str) -> str:
    """One sentence from what the installer printed."""
    if "No space left on device" in text:
        return f"{profile.name}: the disk ran full. Make room, or set RENDER_ENGINES to a folder on a larger disk."
    if "No matching distribution" in text:
        return (
            f"{profile.name}: pip found no package {profile.requirement} for this machine. "
            "Check that pip reaches its package index."
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{profile.name}: {profile.requirement} could not be installed: {lines[-1] if lines else 'no reason given'}"


def _check(profile: Profile, making: Path) -> None:
    """Import the renderer once: a missing system library shows here and not in an artist's first frame."""
    time_limit = _CHECK_SECONDS
    try:
        answer = subprocess.run(
            [making / "bin" / "python", "-c", profile.version_check],
            capture_output=True,
            text=True,
            timeout=time_limit,
            check=False,
        )
    except subprocess.TimeoutExpired as silence:
        raise InstallationFailed(f"{profile.name}: it did not start within {time_limit} seconds.") from silence
    if profile.version not in answer.stdout.split():
        lines = (answer.stderr.strip() or answer.stdout.strip() or "it printed nothing").splitlines()
        raise InstallationFailed(f"{profile.name}: it is installed but does not start: {lines[-1]}{_library(lines)}")


def _library(lines: list[str]) -> str:
    if "cannot open shared object file" not in lines[-1]:
        return ""
    return (
        ". On Debian or Ubuntu: apt-get install libgl1 libegl1 libgl1-mesa-dri libx11-6 libxi6 libxfixes3"
        " libxrender1 libxext6 libxxf86vm1 libsm6 libice6 libxkbcommon0 libgomp1"
    )


def _put_in_place(making: Path, folder: Path) -> None:
    """The bytes are on the disk before the name is. A broken folder of that name gives way."""
    os.sync()
    if folder.exists():
        broken = folder.with_name(f".{folder.name}.broken-{time.time_ns()}")
        folder.rename(broken)
        shutil.rmtree(broken, ignore_errors=True)
    making.rename(folder)
