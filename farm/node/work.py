"""An instance in a slot's hands, from its claim to its last report. Shared by the slot's threads:
the renderer, the pulse and the finisher each write fields of their own."""

import threading
import time
from enum import Enum

from farm.models import Attempt, Phase
from farm.node.meters import Meter, Reading
from farm.node.output import Output
from farm.node.reports import Spent


class Dropped(Enum):
    """Why the work on an instance is to end without a result."""

    TAKEN = "its lease ran out, or someone else has it"
    CANCELLED = "its task is being cancelled"
    STOPPING = "the node stops"
    BROKEN = "the store did not answer for long, or the engine was ended from outside"


class Work:
    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.task = attempt.instance.task
        self.output = Output(attempt)
        self.phase: str = Phase.DISPATCH
        self.told_phase: str = Phase.DISPATCH
        self.progress = 0.0
        self.meter: Meter | None = None
        self.download_seconds = 0.0
        self.environment_seconds = 0.0
        self.execution_seconds = 0.0
        self.upload_seconds = 0.0
        self.claimed_at = time.monotonic()
        self.renewed_at = self.claimed_at
        self._dropped: Dropped | None = None
        self._drop_lock = threading.Lock()

    def __str__(self) -> str:
        return f"{self.task.name} frame {self.attempt.instance.instance_id} (attempt {self.attempt.number})"

    @property
    def dropped(self) -> Dropped | None:
        return self._dropped

    def drop(self, why: Dropped) -> None:
        """The first reason stays. What prints or waits for this work goes on at once."""
        with self._drop_lock:
            self._dropped = self._dropped or why
        self.output.close()

    def reading(self) -> Reading:
        return self.meter.read() if self.meter and self.phase == Phase.EXECUTION else Reading(0.0, 0.0)

    def spent(self) -> Spent:
        return Spent(
            download_seconds=self.download_seconds,
            environment_seconds=self.environment_seconds,
            execution_seconds=self.execution_seconds,
            upload_seconds=self.upload_seconds,
            wall_seconds=time.monotonic() - self.claimed_at,
        )
