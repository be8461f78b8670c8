"""What an engine reports while it renders, and how an order ended."""

from dataclasses import dataclass
from typing import Literal

StreamName = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class LogLine:
    """A line the engine printed, without its end; a longer one than 4 KiB comes in pieces."""

    stream: StreamName
    text: str


@dataclass(frozen=True)
class Progress:
    """0–100 of this order. The engine's own word: a hostile scene can forge it."""

    percent: float
    note: str


@dataclass(frozen=True)
class FileWritten:
    """A whole file below the job folder, by its relative path."""

    path: str


@dataclass(frozen=True)
class Began:
    """The instance's own work begins; until then an engine without a process was getting ready."""


Event = LogLine | Progress | FileWritten | Began

STOPPED = "STOPPED"
_SCENE_FAULTS = frozenset(
    {
        "SCENE_OUTSIDE",
        "SCENE_MISSING",
        "SCENE_UNREADABLE",
        "FILE_MISSING",
        "SCENE_NAME_UNKNOWN",
        "CAMERA_UNKNOWN",
        "VIEW_LAYER_UNKNOWN",
        "ADD_ON_FAILED",
        "TILES_REFUSED",
        "TILES_MISSING",
        "TILES_DIFFER",
        "TILES_UNREADABLE",
        "NO_CAMERA",
        "ENGINE_UNKNOWN",
        "FORMAT_UNKNOWN",
        "CONSTANT_UNREADABLE",
        "TIME_LIMIT",
        "IMAGE_UNREADABLE",
        "IMAGE_UNKNOWN",
        "IMAGE_OTHER_PROCESSOR",
        "IMAGE_TOO_LARGE",
        "REGISTRY_DENIED",
        "REGISTRY_REFUSED",
        "NO_COMMAND",
        "COMMAND_NOT_FOUND",
        "COMMAND_NOT_STARTED",
    }
)


@dataclass(frozen=True)
class Outcome:
    """How an order ended; `error_code` is empty where the picture is there.

    Seconds are the wall clock's: loading (the engine's start and the scene's opening; near 0 when
    warm), then the frame itself.
    """

    exit_code: int
    error_code: str
    error_message: str
    execution_seconds: float
    load_seconds: float

    @property
    def is_success(self) -> bool:
        return not self.error_code

    @property
    def is_final(self) -> bool:
        """Trying again, here or elsewhere, would end the same way: the fault is in the scene or the order."""
        return self.error_code in _SCENE_FAULTS
