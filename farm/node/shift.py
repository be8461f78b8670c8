"""One shift of a slot: from a wake-up until there is nothing left to claim.

The engine stays warm from one instance of a task to the next. Uploading and reporting a frame go on in the
background (finisher) while the next one renders, and short frames are claimed ahead (claims).
"""

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sandbox
from farm import licences, seats, tiles
from farm.engines.events import Outcome
from farm.matching import NO_OPENGL
from farm.models import Node
from farm.node import finisher, staging
from farm.node.claims import Claims
from farm.node.collector import BadFilter, Harvest, TooMuchLeft
from farm.node.environment import TooLong
from farm.node.errands import Errands
from farm.node.finisher import Finished, Finisher, GaveUp
from farm.node.identity import FREE_DISK_BYTES, free_bytes
from farm.node.pulse import Pulse
from farm.node.reports import Error
from farm.node.tiles import JoiningPlace
from farm.node.work import Dropped, Work
from farm.node.workspace import EngineMissing, Machine, OpenEngine, Workspace, open_engine

log = logging.getLogger(__name__)

_FROM_OUTSIDE = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""No scene gets these: somebody ends the node, or its engine by hand."""
END_WITHIN_SECONDS = 1.5
"""What is being uploaded when the node stops may take so long."""

_MACHINE_FAULTS = (staging.NoRoom, EngineMissing, sandbox.MissingTool, sandbox.Unavailable, OSError)
_MACHINE_FAULT_CODES = frozenset({"NODE_FAILED", "SANDBOX_FAILED", "DISK_FULL", NO_OPENGL})
"""What a scene is not to blame for; another machine may do better."""


@dataclass(frozen=True)
class Slot:
    """One seat of a machine, which renders one instance at a time."""

    node: Node
    name: str
    folder: Path
    machine: Machine
    should_stop: Callable[[], bool]
    open_engine: OpenEngine = open_engine


class _Fault(Exception):
    """The attempt failed. `is_final`: it would fail the same way again."""

    def __init__(self, code: str, message: str, *, is_final: bool, debug: str = "") -> None:
        super().__init__(message)
        self.error: Error = {"code": code, "message": message, "debug": debug}
        self.is_final = is_final
        self.is_machines = code in _MACHINE_FAULT_CODES


class Shift:
    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._claims = Claims(slot.node, slot.name)
        self._errands = Errands(slot.folder / "errands", slot.should_stop)
        self._pulse = Pulse(should_stop=slot.should_stop, chore=self._claims.give_back_stale, look=self._errands.look)
        self._finisher = Finisher(self._pulse)
        self._workspace: Workspace | None = None

    def work(self) -> int:
        """Renders whatever this slot may claim; returns how many instances it took in hand."""
        count = 0
        self._pulse.start()
        self._finisher.start()
        try:
            while work := self._next():
                count += 1
                self._handle(work)
        finally:
            self._end()
        return count

    def _next(self) -> Work | None:
        if self._slot.should_stop() or self._is_full():
            return None
        attempt = self._claims.next()
        if attempt is None:
            self._finisher.drain()  # what it reports as failed waits again
            attempt = None if self._slot.should_stop() else self._claims.next()
        if attempt is None:
            return None
        work = Work(attempt)
        self._pulse.hold(work)
        return work

    def _is_full(self) -> bool:
        """The node's row says so too, and what to do (identity)."""
        return free_bytes(self._slot.folder) < FREE_DISK_BYTES

    def _handle(self, work: Work) -> None:
        workspace = self._workspace_of(work)
        self._pulse.renders(work)
        outbox = self._slot.folder / "outbox" / str(work.attempt.pk)
        try:
            harvest, fault = self._render(work, workspace, outbox), None
        except _Fault as failed:
            harvest, fault = Harvest(), failed
            if not failed.is_final:
                workspace.stop_engine()
        if work.dropped:
            self._drop(work, workspace, outbox)
            return
        if seats.are_needed(work.task) and not self._claims.goes_on_with(work.task.pk):
            self._give_up_seat()
        self._finisher.put(_finished(work, harvest, outbox, fault))

    def _render(self, work: Work, workspace: Workspace, outbox: Path) -> Harvest:
        try:
            finisher.patiently(lambda: workspace.learn(work), work)
            finisher.patiently(lambda: workspace.prepare(work), work)
            if work.dropped:
                return Harvest()
            self._claims.look_ahead()
            with self._errands.during(work, workspace):
                outcome = workspace.render(work)
            self._claims.note_seconds(outcome.execution_seconds)
            if self._slot.should_stop():  # the engine may have been ended by the same signal
                work.drop(Dropped.STOPPING)
            if work.dropped:
                return Harvest()
            harvest = workspace.gather(work, outbox)
        except staging.StagingFailed as fault:
            raise _Fault(fault.code, str(fault), is_final=True) from fault
        except licences.Trouble as fault:
            raise _Fault(fault.code, str(fault), is_final=fault.is_final) from fault
        except TooLong as fault:
            raise _Fault("CONSTANTS_TOO_LONG", f"A constant {fault}.", is_final=True) from fault
        except (TooMuchLeft, BadFilter) as fault:
            workspace.close()
            raise _Fault("RESULTS_REFUSED", str(fault), is_final=True) from fault
        except _MACHINE_FAULTS as fault:
            raise _Fault("NODE_FAILED", f"The machine could not start the render: {fault}", is_final=False) from fault
        except GaveUp:
            work.drop(Dropped.BROKEN)
            return Harvest()
        _check(outcome, work)
        return harvest

    def _drop(self, work: Work, workspace: Workspace, outbox: Path) -> None:
        workspace.stop_engine()
        results: tuple[str, ...] = ()
        try:
            if work.dropped is Dropped.CANCELLED and work.task.upload_results_on_cancellation:
                work.begin_results()
                files = workspace.gather(work, outbox).files
                for path, file in files:
                    finisher.upload(work, path, file)
                results = tuple(finisher.result_key(work, path) for path, _ in files)
        except (TooMuchLeft, BadFilter, *finisher.Unreachable) as error:
            log.warning("%s: what was rendered before it was cancelled is not kept: %s", work, error)
        workspace.close()
        staging.wipe(outbox)
        finisher.drop(work, self._pulse, results=results)

    def _give_up_seat(self) -> None:
        """Before the rows say that it is free: the software would still hold it when another slot's begins."""
        if self._workspace is not None:
            self._workspace.stop_engine()

    def _workspace_of(self, work: Work) -> Workspace:
        if tiles.is_join(work.attempt.instance):
            return JoiningPlace(work.task, self._slot.folder / "tiles", self._slot.machine)
        if self._workspace is not None and self._workspace.task.pk != work.task.pk:
            self._workspace.close()
            self._workspace = None
        if self._workspace is None:
            folder = self._slot.folder / "task"
            self._workspace = Workspace(work.task, folder, self._slot.machine, self._slot.open_engine)
        return self._workspace

    def _end(self) -> None:
        if self._workspace is not None:
            self._workspace.stop_engine()
        self._claims.end()
        self._finisher.end(END_WITHIN_SECONDS if self._slot.should_stop() else None)
        for work in self._pulse.held():
            # Unasked, something here broke: that counts, or the same instance could break one shift after the other.
            work.drop(Dropped.STOPPING if self._slot.should_stop() else Dropped.BROKEN)
            finisher.drop(work, self._pulse)
        self._pulse.end()
        self._errands.end()
        if self._workspace is not None:
            self._workspace.close()


def _finished(work: Work, harvest: Harvest, outbox: Path, fault: _Fault | None) -> Finished:
    if fault is None:
        return Finished(work, harvest, outbox)
    error = {name: work.output.masked(text) for name, text in fault.error.items()}
    return Finished(work, harvest, outbox, error, is_final=fault.is_final, is_machines=fault.is_machines)


def _check(outcome: Outcome, work: Work) -> None:
    """Raises _Fault for a failed outcome; drops the work if the engine was ended by somebody else."""
    if outcome.is_success:
        return
    if sandbox.signal_of(outcome.exit_code) in _FROM_OUTSIDE:
        work.drop(Dropped.BROKEN)
        return
    raise _Fault(outcome.error_code, outcome.error_message, is_final=outcome.is_final)
