"""How POV-Ray comes onto a machine, and how it is opened: our host program starts one povray for each frame."""

from dataclasses import replace
from pathlib import Path

from farm.engines.debian import DebianInstallation
from farm.engines.host_program import HostProgram
from farm.engines.process import EngineProcess
from farm.engines.profile import EnginePlace, Profile

INSTALLATION = DebianInstallation(
    packages=("povray", "povray-includes"), program="povray", version_check=("--version",), installed_mb=20
)
_HOST = Path(__file__).resolve().parent / "host.py"


def open_engine(profile: Profile, place: EnginePlace) -> EngineProcess:
    host = HostProgram(
        _HOST,
        greeting={
            "engine": str(profile.folder),
            "program": str(INSTALLATION.program_of(profile)),
            "environment": INSTALLATION.unpacked(profile).environment(),
        },
    )
    return EngineProcess(profile, replace(place, limits=replace(place.limits, may_fork=True)), host)
