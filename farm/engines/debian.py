"""A renderer that Debian packages: unpacked without root into a folder of its own, driven by our own interpreter."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.engines.debian_packages import Unpacked, UnpackingFailed, fetch_into, missing_tools
from farm.engines.installation import (
    InstallationFailed,
    NotForThisMachine,
    Say,
    build_whole,
    engine_folder,
    is_whole,
    not_installed,
)
from farm.engines.profile import Profile

_CHECK_SECONDS = 60


@dataclass(frozen=True)
class DebianInstallation:
    packages: Sequence[str]
    program: str
    version_check: Sequence[str]
    """Arguments with which the program prints the profile's version where the installation is whole."""
    installed_mb: int
    """About how much disk the unpacked packages take."""

    def is_installed(self, profile: Profile) -> bool:
        return is_whole(profile) and os.access(self.program_of(profile), os.X_OK)

    def why_missing(self, profile: Profile) -> str:
        if self.is_installed(profile):
            return ""
        return missing_tools() or not_installed(profile)

    def folder(self, profile: Profile) -> Path:
        return engine_folder(profile)

    def unpacked(self, profile: Profile) -> Unpacked:
        return Unpacked(engine_folder(profile))

    def program_of(self, profile: Profile) -> Path:
        return self.unpacked(profile).program(self.program)

    def python_of(self, profile: Profile) -> Path:
        """Ours: the host programs of such renderers need nothing but Python's own library."""
        return Path(sys.executable)

    def install(self, profile: Profile, say: Say = print) -> None:
        if self.is_installed(profile):
            say(f"{profile.name}: {profile.software} {profile.version} is installed")
            return
        if why := missing_tools():
            raise NotForThisMachine(f"{profile.name}: {why}")
        build_whole(profile, self._builder(profile, say), self.installed_mb, say)

    def _builder(self, profile: Profile, say: Say) -> Callable[[Path], None]:
        def build(making: Path) -> None:
            making.mkdir()
            try:
                fetch_into(making, self.packages, lambda text: say(f"{profile.name}: {text}"))
            except UnpackingFailed as failure:
                raise InstallationFailed(f"{profile.name}: {failure}") from failure
            self._check(profile, Unpacked(making))

        return build

    def _check(self, profile: Profile, unpacked: Unpacked) -> None:
        """A missing system library shows here and not in an artist's first frame."""
        try:
            answer = subprocess.run(
                [unpacked.program(self.program), *self.version_check],
                env={**os.environ, **unpacked.environment()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_CHECK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise InstallationFailed(f"{profile.name}: it is unpacked but does not start: {failure}") from failure
        said = answer.stdout + answer.stderr
        if profile.version not in said:
            lines = said.strip().splitlines() or ["it printed nothing"]
            raise InstallationFailed(
                f"{profile.name}: {profile.version} was expected, and Debian's packages here say: {lines[-1]}"
            )
