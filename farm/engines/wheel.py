"""A renderer that is a Python wheel: installed into a virtual environment of its own.

A renderer's wheel fits one Python line, and the farm never imports it.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from farm.engines.installation import (
    InstallationFailed,
    Say,
    build_whole,
    engine_folder,
    is_whole,
    not_installed,
    run_installer,
)
from farm.engines.interpreters import find_interpreter
from farm.engines.profile import Profile

_CHECK_SECONDS = 120


@dataclass(frozen=True)
class WheelInstallation:
    requirement: str
    """What pip installs, pinned."""
    python: str
    """The only Python line ("3.11") that the wheel fits."""
    version_check: str
    """A Python program that prints the profile's version where the installation is whole."""
    installed_mb: int
    """About how much disk the installed renderer takes."""

    def is_installed(self, profile: Profile) -> bool:
        """Whole, of the profile's version, and its interpreter still there."""
        return is_whole(profile) and os.access(self.python_of(profile), os.X_OK)

    def why_missing(self, profile: Profile) -> str:
        return "" if self.is_installed(profile) else not_installed(profile)

    def folder(self, profile: Profile) -> Path:
        return engine_folder(profile)

    def python_of(self, profile: Profile) -> Path:
        return engine_folder(profile) / "bin" / "python"

    def install(self, profile: Profile, say: Say = print) -> None:
        if self.is_installed(profile):
            say(f"{profile.name}: {profile.software} {profile.version} is installed")
            return
        build_whole(profile, lambda making: self._build(profile, making, say), self.installed_mb, say)

    def _build(self, profile: Profile, making: Path, say: Say) -> None:
        interpreter = find_interpreter(self.python, say)
        say(f"{profile.name}: installing {profile.software} {profile.version} with {interpreter}")
        self._run([str(interpreter), "-m", "venv", str(making)], profile, making, say)
        self._install_package(profile, making, say)
        self._check(profile, making)

    def _install_package(self, profile: Profile, making: Path, say: Say) -> None:
        """pip's own settings (index, links, certificates) hold; only its temporary files are kept on this disk."""
        unpacking = making / "tmp"
        unpacking.mkdir()
        pip = [str(making / "bin" / "python"), "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
        self._run([*pip, "--progress-bar", "off", self.requirement], profile, making, say, TMPDIR=str(unpacking))
        shutil.rmtree(unpacking, ignore_errors=True)

    def _run(self, command: list[str], profile: Profile, making: Path, say: Say, **environment: str) -> None:
        def tell(size_mb: int) -> None:
            say(f"{profile.name}: {size_mb} MB of about {self.installed_mb} MB")

        exit_code, text = run_installer(command, making, tell, environment)
        if exit_code != 0:
            raise InstallationFailed(self._why(profile, text))

    def _why(self, profile: Profile, text: str) -> str:
        """One sentence from what the installer printed."""
        name = profile.name
        if "No space left on device" in text:
            return f"{name}: the disk ran full. Make room, or set RENDER_ENGINES to a folder on a larger disk."
        if "No matching distribution" in text:
            return (
                f"{name}: pip found no package {self.requirement} for this machine. "
                "Check that pip reaches its package index."
            )
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f"{name}: {self.requirement} could not be installed: {lines[-1] if lines else 'no reason given'}"

    def _check(self, profile: Profile, making: Path) -> None:
        """Import the renderer once: a missing system library shows here and not in an artist's first frame."""
        try:
            answer = subprocess.run(
                [making / "bin" / "python", "-c", self.version_check],
                capture_output=True,
                text=True,
                timeout=_CHECK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as silence:
            raise InstallationFailed(f"{profile.name}: it did not start within {_CHECK_SECONDS} seconds.") from silence
        if profile.version not in answer.stdout.split():
            lines = (answer.stderr.strip() or answer.stdout.strip() or "it printed nothing").splitlines()
            raise InstallationFailed(
                f"{profile.name}: it is installed but does not start: {lines[-1]}{_library(lines)}"
            )


def _library(lines: list[str]) -> str:
    if "cannot open shared object file" not in lines[-1]:
        return ""
    return (
        ". On Debian or Ubuntu: apt-get install libgl1 libegl1 libgl1-mesa-dri libx11-6 libxi6 libxfixes3"
        " libxrender1 libxext6 libxxf86vm1 libsm6 libice6 libxkbcommon0 libgomp1"
    )
