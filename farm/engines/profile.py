"""What a renderer is to the farm: its profile (one version of it), how it is installed, and the engine it opens.

A family of profiles is a folder beside this file, with a module `profiles` that has FAMILY and PROFILES
(farm.engines.profiles finds it). The API, the artist's form and the node are all served from what stands there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import sandbox
from farm.engines.events import Event, Outcome


class Kind(StrEnum):
    """What a form asks a constant as."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    TOGGLE = "toggle"
    SECRET = "secret"  # noqa: S105  (a kind of field)
    SCENE_FILE = "scene_file"
    FILES = "files"


@dataclass(frozen=True)
class Constant:
    """A setting of an order, by its name in Qarnot's API; an empty default means "as the scene says"."""

    name: str
    default: str
    description: str
    label: str = ""
    """What a form calls it; empty: artists aren't asked."""
    kind: Kind = Kind.TEXT
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label)"""
    least: int | None = None
    most: int | None = None
    unit: str = ""
    fact: str = ""
    """The fact of the scene that fills it in: "camera", "samples", "width"…"""
    choices_fact: str = ""
    """The fact of the scene that lists what may be chosen: "cameras", "view_layers", "scenes"."""
    is_main: bool = False
    """Asked at first sight; the others are under "More settings"."""
    is_output_format: bool = False
    note: str = ""
    """What a form says beneath it, in an artist's words."""


@dataclass(frozen=True)
class EnginePlace:
    """Where an engine works, and how much of the machine it may have."""

    job: Path
    """Staged files lie here and results are left here; the engine may write all of it."""
    scratch: Path
    """Its temporary files where the sandbox has no /tmp of its own (tier B and C)."""
    threads: int
    tier: sandbox.Tier
    limits: sandbox.Limits
    relay: sandbox.Relay | None = None
    """The way to a licence server; tier A only."""

    @property
    def temporary(self) -> str:
        """The folder for temporary files, as the engine sees it."""
        return "/tmp" if self.tier == sandbox.Tier.A else str(self.scratch.absolute())  # noqa: S108


@dataclass(frozen=True)
class InstanceOrder:
    """One instance, to be carried out. A picture in tiles has parts 0 … n²-1, row by row from the top left."""

    instance_id: int
    frame: int
    part: int = 0
    tile_side: int = 1
    """n of n × n tiles; 1: the whole picture."""
    environment: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """Carries out one order after another, kept warm between them. Used by one thread at a time."""

    @property
    def pid(self) -> int:
        """The process whose use of the machine is measured; 0 where none runs."""
        ...

    def start(self) -> None:
        """Raises OSError, sandbox.MissingTool, sandbox.Unavailable: the machine's fault, never the scene's."""
        ...

    def run(
        self, instance: InstanceOrder, on_event: Callable[[Event], None], should_stop: Callable[[], bool]
    ) -> Outcome:
        """Calls `on_event` in this thread; asks `should_stop` several times a second. Raises what `start` does."""
        ...

    def close(self) -> None:
        """Ends whatever it started. May be called twice."""
        ...


OpenEngine = Callable[["Profile", EnginePlace], Engine]
"""Makes the engine; its `start` is called next. Raises like it."""


class Installation(Protocol):
    """How the software of a profile comes onto a machine."""

    def is_installed(self, profile: "Profile") -> bool:
        """Whole, and of the profile's version. Quick: asked at each heartbeat."""
        ...

    def install(self, profile: "Profile", say: Callable[[str], None]) -> None:
        """Does nothing where it is installed. Raises installation.InstallationFailed."""
        ...

    def why_missing(self, profile: "Profile") -> str:
        """Why this machine can't use it, and what to do, in sentences; empty when it can. Quick as well."""
        ...

    def folder(self, profile: "Profile") -> Path: ...

    def python_of(self, profile: "Profile") -> Path:
        """The interpreter that its host program runs in."""
        ...


class OrderRefused(Exception):
    """The order can't be planned so; the sentence goes to who ordered."""


@dataclass(frozen=True)
class FramePlan:
    """Which frames are rendered, and whether each is cut into n × n tiles (1: it isn't)."""

    frames: tuple[int, ...]
    tile_side: int = 1


PlanFrames = Callable[[Mapping[str, str], Sequence[int]], FramePlan]
"""(constants, ordered frames) → the plan. Raises OrderRefused."""


def every_frame_whole(constants: Mapping[str, str], frames: Sequence[int]) -> FramePlan:
    return FramePlan(tuple(frames))


@dataclass(frozen=True)
class Profile:
    """One version of one software."""

    name: str
    software: str
    version: str
    licence: str
    constants: tuple[Constant, ...]
    installation: Installation
    open_engine: OpenEngine
    scene_endings: tuple[str, ...] = ()
    """Which files are its main files: (".blend",)."""
    scene_constant: str = ""
    """The constant that names the main file: "BLEND_FILE"."""
    reader: Path | None = None
    """A program that reads a scene for the scene check (farm.engines.scene_reading)."""
    are_instances_frames: bool = True
    makes_pictures: bool = True
    plan_frames: PlanFrames = every_frame_whole
    """What an order's frames become under its constants."""
    rate: float = 1.0
    """Render hours an hour of it costs, where the operator sets no other (farm.prices)."""

    @property
    def line(self) -> str:
        """The release line: "4.5" of "4.5.15"."""
        return ".".join(self.version.split(".")[:2])

    @property
    def family(self) -> str:
        """The name without the version: "blender" of "blender-4.5"."""
        return self.name.removesuffix(f"-{self.line}")

    @property
    def folder_name(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def is_installed(self) -> bool:
        return self.installation.is_installed(self)

    @property
    def folder(self) -> Path:
        return self.installation.folder(self)

    @property
    def python(self) -> Path:
        return self.installation.python_of(self)
