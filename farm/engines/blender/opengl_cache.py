"""The shaders of EEVEE and Workbench that the farm has compiled itself, with a scene of its own.

Mesa keeps compiled shaders as code in a folder. One folder for all scenes would let a scene that
got hold of its renderer leave code there for the next account's; so each engine begins with a copy
of this one, in a folder that ends with it.
"""

from pathlib import Path

from django.conf import settings

from farm.engines.profile import Profile


def folder_of(profile: Profile) -> Path:
    return Path(settings.NODE_SCRATCH) / "shaders" / profile.folder_name


def seed_folder(profile: Profile) -> Path | None:
    """None where the farm has compiled none (yet)."""
    folder = folder_of(profile)
    return folder if folder.is_dir() else None
