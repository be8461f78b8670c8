"""What a profile is: one version of one renderer, as the farm's API describes it and as it is installed."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Constant:
    """A setting of an order, by its name in Qarnot's API; an empty default means "as the scene says"."""

    name: str
    default: str
    description: str


@dataclass(frozen=True)
class Profile:
    """One version of one renderer. `python` is the only Python line its wheel fits."""

    name: str
    software: str
    version: str
    python: str
    licence: str
    constants: tuple[Constant, ...]
    requirement: str
    """What pip installs, pinned."""
    version_check: str
    """A Python program that prints `version` where the installation is whole."""
    installed_mb: int
    """About how much disk the installed renderer takes."""
    host: Path
    """The host program: runs in the engine's own interpreter and takes orders on standard input."""

    @property
    def line(self) -> str:
        """The release line: "4.5" of "4.5.15"."""
        return ".".join(self.version.split(".")[:2])

    @property
    def folder_name(self) -> str:
        return f"{self.name}-{self.version}"
