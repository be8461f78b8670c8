"""Opens a LuxCore for a node."""

from pathlib import Path

from farm.engines.host_program import HostProgram
from farm.engines.process import EngineProcess
from farm.engines.profile import EnginePlace, Profile

_HOST = Path(__file__).resolve().parent / "host.py"


def open_engine(profile: Profile, place: EnginePlace) -> EngineProcess:
    return EngineProcess(profile, place, HostProgram(_HOST))
