"""Opens a Blender for a node: the host program, with shaders to start from and a user folder of its own."""

from pathlib import Path

from farm.engines.blender.shaders import shader_seed
from farm.engines.host_program import HostProgram
from farm.engines.process import EngineProcess
from farm.engines.profile import Engine, EnginePlace, Profile

_HOST = Path(__file__).resolve().parent / "host.py"


def open_engine(profile: Profile, place: EnginePlace) -> Engine:
    seed = shader_seed(profile)
    host = HostProgram(
        path=_HOST,
        readable=(seed,) if seed else (),
        greeting={"shader_seed": str(seed) if seed else None},
        environment={
            "LP_NUM_THREADS": str(place.threads),
            "MESA_SHADER_CACHE_DIR": f"{place.temporary}/shaders",
            "BLENDER_USER_RESOURCES": f"{place.temporary}/blender",
        },
    )
    return EngineProcess(profile, place, host)
