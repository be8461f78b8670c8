"""Whether EEVEE and Workbench work on this machine.

Without a driver Blender does not complain, it crashes; so it is tried out once, with a scene of our own
in the sandbox.
"""

import functools
import logging
import tempfile
import threading
from pathlib import Path

from farm.engines.blender.profiles import PROFILES
from farm.engines.blender.shaders import compile_shaders, renders, shader_seed
from farm.engines.profile import Profile

log = logging.getLogger(__name__)

_TRY_SECONDS = 60


def has_opengl() -> bool:
    """Tried out once a process, in a second or two. Where it works, missing shaders are compiled meanwhile."""
    installed = [profile for profile in PROFILES if profile.is_installed]
    return bool(installed) and _works(installed[-1])


@functools.cache
def _works(profile: Profile) -> bool:
    with tempfile.TemporaryDirectory(prefix="render-web-opengl-") as folder:
        works = renders(profile, "BLENDER_WORKBENCH", Path(folder), _TRY_SECONDS)
    missing = [known for known in PROFILES if known.is_installed and shader_seed(known) is None]
    if works and missing:
        threading.Thread(target=_compile_all, args=(missing,), name="shaders", daemon=True).start()
    return works


def _compile_all(profiles: list[Profile]) -> None:
    for profile in profiles:
        try:
            compile_shaders(profile)
        except OSError as failure:
            log.warning("the shaders of %s could not be kept: %s", profile.name, failure)
