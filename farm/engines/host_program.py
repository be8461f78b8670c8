"""A program of ours that drives a renderer from inside the sandbox, in the engine's own interpreter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sandbox
from farm.engines.profile import Profile

HOSTS = Path(__file__).resolve().parent / "hosts"
"""What host programs share: how they are served and how they speak."""


@dataclass(frozen=True)
class HostProgram:
    """What EngineProcess starts. It imports nothing of the farm."""

    path: Path
    readable: tuple[Path, ...] = ()
    """What it reads beside the job folder, its own folder and the engine's."""
    greeting: Mapping[str, Any] = field(default_factory=dict)
    """What it is told once, beside `nonce`, `job` and `threads`."""
    environment: Mapping[str, str] = field(default_factory=dict)


def start_command(profile: Profile, program: Path) -> list[str]:
    """Runs the program in the engine's interpreter, whatever the environment says of Python."""
    return [str(profile.python), "-I", "-B", "-X", "utf8", str(program)]


def readable_folders(profile: Profile, program: Path) -> list[Path]:
    """What `start_command` needs to read."""
    return [*sandbox.interpreter_folders(profile.python), profile.folder, program.parent, HOSTS]
