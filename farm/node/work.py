"""An instance in a slot's hands, from its claim to its last report. Shared by the slot's threads:
the renderer, the pulse and the finisher each write fields of their own."""

import threading
import time
from enum import Enum

from farm.models import Attempt, Phase
from farm.node import machine
from farm.node.collector import Stamp
from farm.node.meters import Meter, Reading, Traffic
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
        self.environment: dict[str, str] = {}
        self.phase: str = Phase.DISPATCH
        self.told_phase: str = Phase.DISPATCH
        self.progress = 0.0
        self._meter: Meter | None = None
        self._executes_since = 0.0
        self.traffic = Traffic()
        self.download_seconds = 0.0
        self.environment_seconds = 0.0
        self.execution_seconds = 0.0
        self.upload_seconds = 0.0
        self.claimed_at = time.monotonic()
        self.renewed_at = self.claimed_at
        self.hours_looked_at_from = self.claimed_at
        """When the pulse looks next whether the task may spend more."""
        self.uploading = threading.Lock()
        """Held for each file of a snapshot, and taken once before the results are uploaded."""
        self.has_results = False
        """The instance's own results are being uploaded: what a snapshot has is older."""
        self.in_snapshots: dict[tuple[str, str], dict[str, Stamp]] = {}
        """(bucket, prefix) → what snapshots have brought there."""
        self._frequency_sum = 0.0
        self._frequency_count = 0
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

    def begin_execution(self, pid: int) -> None:
        """`pid` is the engine's. The phase comes last: who reads it in another thread finds the rest there."""
        self._meter, self._executes_since = Meter(pid), time.monotonic()
        self.phase = Phase.EXECUTION

    def begin_results(self) -> None:
        """From here on no snapshot's file follows; one that is under way is waited for."""
        self.phase = Phase.UPLOAD
        self.has_results = True
        with self.uploading:
            pass

    def reading(self) -> Reading:
        is_executing = self.phase == Phase.EXECUTION
        engine = self._meter.read() if self._meter and is_executing else Reading()
        frequency = machine.frequency()
        if is_executing:
            self._note_frequency(frequency.now_ghz)
        received, sent = self.traffic.kbps()
        return engine._replace(
            frequency_ghz=frequency.now_ghz,
            max_frequency_ghz=frequency.max_ghz,
            network_in_kbps=received,
            network_out_kbps=sent,
        )

    def _note_frequency(self, frequency: float) -> None:
        self._frequency_sum += frequency
        self._frequency_count += 1

    def _executed_seconds(self) -> float:
        """What the engine told at its end; until then, the time since it was given the instance."""
        if self.execution_seconds or self.phase != Phase.EXECUTION:
            return self.execution_seconds
        return time.monotonic() - self._executes_since

    def spent(self) -> Spent:
        if self.execution_seconds and not self._frequency_count:
            self._note_frequency(machine.frequency().now_ghz)  # an execution shorter than a heartbeat
        return Spent(
            download_seconds=self.download_seconds,
            environment_seconds=self.environment_seconds,
            execution_seconds=self._executed_seconds(),
            upload_seconds=self.upload_seconds,
            wall_seconds=time.monotonic() - self.claimed_at,
            average_frequency_ghz=self._frequency_sum / self._frequency_count if self._frequency_count else 0.0,
        )
