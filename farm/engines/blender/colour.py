"""Where Blender keeps the colour configuration that turns an EXR into the picture it shows (the COLOUR_CONFIG seam)."""

from farm.engines.blender.profiles import PROFILES
from farm.engines.profile import Profile

_PLACE = "lib/python*/site-packages/bpy/*/datafiles/colormanagement/config.ocio"


def config_for(profile_name: str) -> str:
    """Path of that Blender's own OCIO configuration, else of another one's; empty where no Blender is installed."""
    own_first = sorted(PROFILES, key=lambda profile: profile.name != profile_name)
    return next((path for profile in own_first for path in _configs(profile)), "")


def _configs(profile: Profile) -> list[str]:
    return [str(path) for path in sorted(profile.folder.glob(_PLACE))]
