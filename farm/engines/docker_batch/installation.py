"""skopeo and umoci, Debian's packages; and a machine whose sandbox can show an image as its root."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sandbox
from farm.engines.debian import DebianInstallation
from farm.engines.debian_packages import Unpacked
from farm.engines.profile import Profile


@dataclass(frozen=True)
class ImageTools:
    """An Installation: that of the packages, where the sandbox is isolated."""

    packages: DebianInstallation

    def is_installed(self, profile: Profile) -> bool:
        return self.packages.is_installed(profile) and self.unpacked(profile).program("umoci").is_file()

    def install(self, profile: Profile, say: Callable[[str], None]) -> None:
        self.packages.install(profile, say)

    def why_missing(self, profile: Profile) -> str:
        test = sandbox.self_test()
        if test.tier != sandbox.Tier.A:
            return (
                f"Images are run only where the sandbox is isolated (tier A); here it is tier {test.tier}. {test.note}"
            )
        return self.packages.why_missing(profile)

    def folder(self, profile: Profile) -> Path:
        return self.packages.folder(profile)

    def python_of(self, profile: Profile) -> Path:
        return self.packages.python_of(profile)

    def unpacked(self, profile: Profile) -> Unpacked:
        return self.packages.unpacked(profile)


INSTALLATION = ImageTools(
    DebianInstallation(packages=("skopeo", "umoci"), program="skopeo", version_check=("--version",), installed_mb=30)
)
