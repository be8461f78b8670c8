"""What is known of a scene after its check: read from the file, completed by Blender."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

ENGINE_NAMES = {
    "CYCLES": "Cycles",
    "BLENDER_EEVEE": "EEVEE",
    "BLENDER_EEVEE_NEXT": "EEVEE",
    "BLENDER_WORKBENCH": "Workbench",
    "BLENDER_RENDER": "Blender Internal",
    "BLENDER_GAME": "Blender Game",
    "LUXCORE": "LuxCore",
    "SMALLLUXGPU_RENDER": "LuxRender",
    "LUXRENDER_RENDER": "LuxRender",
    "APPLESEED_RENDER": "appleseed",
}


@dataclass(frozen=True)
class LinkedFile:
    path: str
    """As the scene names it, without the leading `//`."""
    kind: str
    """image, sequence, tiles, library, movie, sound, font, cache or file."""
    is_missing: bool = False
    is_outside: bool = False
    """An absolute path, or one that leaves the scene's folder: it can't be among the uploaded files."""


@dataclass(frozen=True)
class ColourView:
    """How Blender shows the picture; what an EXR needs to be looked at."""

    display: str = "sRGB"
    view: str = "AgX"
    look: str = "None"
    exposure: float = 0.0
    gamma: float = 1.0


@dataclass(frozen=True)
class SceneFacts:
    software_version: str = ""
    """Of the software that the file was made with, e.g. 4.5.3."""
    scene_name: str = ""
    frame_start: int = 1
    frame_end: int = 1
    frame_step: int = 1
    fps: float = 24.0
    width: int = 0
    height: int = 0
    """Pixels at 100 %."""
    resolution_percent: int = 100
    engine: str = ""
    samples: int | None = None
    """Cycles' own; None where the engine has none or the file does not tell."""
    output_format: str = "PNG"
    """The file's: PNG, EXR, MULTILAYER, JPEG, TGA, MOVIE or OTHER."""
    cameras: list[str] = field(default_factory=list)
    camera: str | None = None
    view_layers: list[str] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    """Names of the scenes inside the file."""
    linked_files: list[LinkedFile] = field(default_factory=list)
    blocked_scripts: list[str] = field(default_factory=list)
    has_compositor_output: bool = False
    has_unbaked_rigid_body: bool = False
    scene_count: int = 1
    main_files: list[str] = field(default_factory=list)
    """Every file that could be the scene, the likeliest one first."""
    colour: ColourView = field(default_factory=ColourView)
    is_confirmed: bool = False
    """Blender itself has opened it and had its say."""

    @property
    def software_line(self) -> str:
        return ".".join(self.software_version.split(".")[:2])

    @property
    def is_told(self) -> bool:
        """The file said something of itself."""
        return bool(self.software_version or self.is_confirmed)

    @property
    def engine_name(self) -> str:
        return ENGINE_NAMES.get(self.engine, self.engine.replace("_", " ").title())

    @property
    def frame_count(self) -> int:
        return len(range(self.frame_start, self.frame_end + 1, max(self.frame_step, 1)))

    @property
    def length_seconds(self) -> float:
        """Of the film these frames make."""
        return self.frame_count / self.fps if self.fps > 0 else 0.0

    @property
    def frames_text(self) -> str:
        """The range as it is typed into the order: `1-250`, `0-100x5`."""
        if self.frame_end <= self.frame_start:
            return str(self.frame_start)
        step = f"x{self.frame_step}" if self.frame_step > 1 else ""
        return f"{self.frame_start}-{self.frame_end}{step}"

    @property
    def pixel_width(self) -> int:
        return self.width * self.resolution_percent // 100

    @property
    def pixel_height(self) -> int:
        return self.height * self.resolution_percent // 100

    @property
    def missing_files(self) -> list[LinkedFile]:
        return [linked for linked in self.linked_files if linked.is_missing]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "SceneFacts":
        """Fields it does not know are left out, so that rows of an older release still open."""
        known = {name: kept[name] for name in (f.name for f in fields(cls)) if name in kept}
        known["linked_files"] = [LinkedFile(**linked) for linked in kept.get("linked_files", [])]
        known["colour"] = ColourView(**kept.get("colour", {}))
        return cls(**known)
