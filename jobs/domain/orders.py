"""What an artist orders, what is proposed to them, and what is refused beside its field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from jobs.domain import frame_list, scenes
from jobs.enums import OutputFormat, SceneState
from jobs.models import Scene

SMALLEST_PERCENT, LARGEST_PERCENT = 1, 400
MOST_SAMPLES = 65_536
MOST_PIXELS = 16_384 * 16_384


@dataclass(frozen=True)
class Order:
    profile: str
    frames: str
    """As typed (jobs.domain.frame_list)."""
    camera: str = ""
    """Empty: the scene's own."""
    resolution_percent: int | None = None
    """None: the scene's own."""
    samples: int | None = None
    """Of Cycles; None: the scene's own."""
    output_format: str = OutputFormat.PNG
    name: str = ""


class OrderRefused(ValueError):
    """`errors`: the sentence for each field that can't be ordered so; "" for the order as a whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class BlenderVersion:
    profile: str
    version: str
    line: str
    is_installed: bool
    colour_config: str = ""
    """Path of this Blender's own OCIO configuration; empty where nobody has it."""

    @property
    def number(self) -> tuple[int, ...]:
        return line_number(self.line)


def line_number(line: str) -> tuple[int, ...]:
    """`4.5` → (4, 5); anything unreadable sorts first."""
    parts = line.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else (0,)


def blender_versions() -> list[BlenderVersion]:
    """What the farm offers (the ENGINE_VERSIONS seam), oldest first; empty where nobody says."""
    if not settings.ENGINE_VERSIONS:
        return []
    say = cast(Callable[[], list[dict[str, Any]]], import_string(settings.ENGINE_VERSIONS))
    offered = [
        BlenderVersion(v["profile"], v["version"], v["line"], bool(v["installed"]), str(v.get("ocio_config") or ""))
        for v in say()
    ]
    return sorted(offered, key=lambda version: version.number)


def proposed_version(blender_line: str) -> BlenderVersion | None:
    """The file's own line, else the next newer one that is installed, else the newest.

    A newer Blender opens an older file; the other way loses data.
    """
    installed = [version for version in blender_versions() if version.is_installed] or blender_versions()
    wanted = line_number(blender_line)
    newer = [version for version in installed if version.number >= wanted]
    return newer[0] if newer else (installed[-1] if installed else None)


def proposed(scene: Scene) -> Order:
    """The order as the scene itself would have it: what the form is filled in with."""
    facts = scenes.facts(scene)
    version = proposed_version(facts.blender_line)
    formats = {"EXR": OutputFormat.EXR, "MULTILAYER": OutputFormat.MULTILAYER, "JPEG": OutputFormat.JPEG}
    return Order(
        profile=version.profile if version else "blender-4.5",
        frames=facts.frames_text,
        camera=facts.camera or "",
        resolution_percent=facts.resolution_percent,
        samples=facts.samples,
        output_format=formats.get(facts.output_format, OutputFormat.PNG),
        name=scene.name,
    )


def checked(scene: Scene, order: Order) -> list[int]:
    """The frames ordered. Raises OrderRefused with every field that is wrong at once."""
    errors: dict[str, str] = {}
    frames: list[int] = []
    if scene.state != SceneState.READY:
        errors[""] = "This scene can't be rendered yet. Its card says why."
    try:
        frames = frame_list.parse(order.frames)
    except frame_list.FrameListError as refusal:
        errors["frames"] = str(refusal)
    facts = scenes.facts(scene)
    if order.camera and facts.cameras and order.camera not in facts.cameras:
        errors["camera"] = f"The scene has no camera named “{order.camera}”."
    if order.output_format not in OutputFormat.values:
        errors["output_format"] = "Choose PNG, EXR, multilayer EXR or JPEG."
    if not order.profile:
        errors["profile"] = "Choose a Blender version."
    errors.update(_wrong_numbers(order, facts.width, facts.height))
    if errors:
        raise OrderRefused(errors)
    return frames


def _wrong_numbers(order: Order, width: int, height: int) -> dict[str, str]:
    errors = {}
    percent = order.resolution_percent
    if percent is not None:
        if not SMALLEST_PERCENT <= percent <= LARGEST_PERCENT:
            errors["resolution_percent"] = f"Between {SMALLEST_PERCENT} and {LARGEST_PERCENT} percent."
        elif width * percent // 100 * (height * percent // 100) > MOST_PIXELS:
            errors["resolution_percent"] = "These pictures would be too large to render. Lower the percent."
    if order.samples is not None and not 1 <= order.samples <= MOST_SAMPLES:
        errors["samples"] = f"Between 1 and {MOST_SAMPLES:,} samples."
    return errors
