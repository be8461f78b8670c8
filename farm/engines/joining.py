"""What puts tiles together: a program of our own beside the renderers, in the same sandbox."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.engines.host_program import HOSTS, HostProgram
from farm.engines.process import EngineProcess
from farm.engines.profile import Engine, EnginePlace, Profile


@dataclass(frozen=True)
class OwnInterpreter:
    """Nothing to install: it runs in the farm's own Python, with OpenImageIO from its requirements."""

    def is_installed(self, profile: Profile) -> bool:
        return True

    def install(self, profile: Profile, say: Callable[[str], None]) -> None:
        say(f"{profile.software} comes with the farm")

    def why_missing(self, profile: Profile) -> str:
        return ""

    def folder(self, profile: Profile) -> Path:
        return Path(sys.prefix)

    def python_of(self, profile: Profile) -> Path:
        return Path(sys.executable)


def open_joining(place: EnginePlace) -> Engine:
    """Its orders need frame and tile_side; the tiles lie in the job folder (hosts/host_tile_places)."""
    return EngineProcess(_JOINING, place, HostProgram(HOSTS / "host_joining.py"))


_JOINING = Profile(
    name="tiles",
    software="The joining of tiles",
    version="1",
    licence="GPL-3.0-or-later",
    constants=(),
    installation=OwnInterpreter(),
    open_engine=lambda profile, place: open_joining(place),
)
