"""Every profile the farm knows, found in the folders beside this file, and which one a name stands for."""

import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable

import farm.engines
from farm.engines.profile import Profile

IsAvailable = Callable[[Profile], bool]


@functools.cache
def families() -> dict[str, tuple[Profile, ...]]:
    """A name without a version, and the profiles it stands for, oldest first."""
    found: dict[str, tuple[Profile, ...]] = {}
    for folder in pkgutil.iter_modules(farm.engines.__path__):
        module_name = f"farm.engines.{folder.name}.profiles"
        if folder.ispkg and importlib.util.find_spec(module_name):
            module = importlib.import_module(module_name)
            found[module.FAMILY] = module.PROFILES
    return found


def all_profiles() -> dict[str, Profile]:
    """Every profile by name, oldest version first, installed or not."""
    return {profile.name: profile for members in families().values() for profile in members}


def find(name: str, is_available: IsAvailable = lambda profile: profile.is_installed) -> Profile | None:
    """The profile of that name, or the nearest one to a version the farm does not have.

    A bare family name ("blender") is its newest available one. A version we lack ("blender-2.92") is the
    nearest newer available one, or else the newest: newer renderers open older scenes.
    """
    known = all_profiles().get(name)
    if known is not None:
        return known
    family, _, version = name.rpartition("-")
    if name in families():
        return _newest(families()[name], is_available)
    members = families().get(family, ())
    wanted = numbers(version)
    if not members or not wanted:
        return None
    newer = [profile for profile in members if numbers(profile.line) >= wanted]
    available = [profile for profile in newer if is_available(profile)]
    return (available or newer or [_newest(members, is_available)])[0]


def nearest_installed(family: str, line: str) -> Profile | None:
    """The oldest that is not older than the file of that line, or else the newest; None where none is installed."""
    installed = [profile for profile in families().get(family, ()) if profile.is_installed]
    fitting = (profile for profile in installed if numbers(profile.line) >= numbers(line))
    return next(fitting, installed[-1] if installed else None)


def numbers(version: str) -> tuple[int, ...]:
    """(4, 5) of "4.5.15"; () of what is no version."""
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def _newest(members: tuple[Profile, ...], is_available: IsAvailable) -> Profile:
    return next((profile for profile in reversed(members) if is_available(profile)), members[-1])
