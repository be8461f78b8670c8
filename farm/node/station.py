"""The machine as a Celery worker: its slots are the worker's pool processes, its queue is `node.<name>`.

Messages only wake a slot. A slot's process is told apart by its index in the pool; the one that takes a dead
one's place gives back what that one held.
"""

import contextlib
import fcntl
import logging
import mmap
import shutil
import signal
import socket
import threading
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import billiard
import billiard.pool
from celery import current_app, signals
from django.conf import settings
from django.db import DatabaseError, connection, connections

import sandbox
from farm import sweeps
from farm.engines.blender import opengl
from farm.models import Node
from farm.node import equipment, identity, qbox, reports
from farm.node.shift import Shift, Slot
from farm.node.workspace import Machine
from farm.storage import backing

log = logging.getLogger(__name__)

LOCK_WITHIN_SECONDS = 10.0
"""So long the engines of a predecessor that was just killed may take to end."""

# A slot that ends waits until the parent has ticked off its wake-ups, by itself half a minute; but a parent that stops
# no longer ticks, and a wake-up lost is nothing lost.
_TICKED_OFF_WITHIN_TENTHS = 10


class AlreadyRunning(Exception):
    """Another process on this machine is the same node; the sentence says what to do."""


@dataclass
class Station:
    """Made before the pool forks; `stops` is a byte that the parent and all its slots share, without a lock
    that a killed process could keep."""

    node: Node
    folder: Path
    stops: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 1))
    is_slot_told_to_stop: bool = False

    @property
    def machine(self) -> Machine:
        threads = max(1, self.node.core_count // self.node.slot_count)
        return Machine(threads=threads, tier=sandbox.Tier(self.node.sandbox_tier))

    def should_stop(self) -> bool:
        return self.is_slot_told_to_stop or self.stops[0] != 0

    def stop_this_slot(self, *_: Any) -> None:
        self.is_slot_told_to_stop = True

    def slot(self) -> Slot:
        """This process's seat."""
        name = str(getattr(billiard.current_process(), "index", 0))
        return Slot(self.node, name, self.folder / name, self.machine, self.should_stop)


_station: Station | None = None


def run(name: str, site: str, slot_count: int) -> int:
    """Is the node until it is told to stop; returns the worker's exit code. Raises AlreadyRunning, NameTaken."""
    global _station
    folder = settings.NODE_SCRATCH / name
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with _alone(folder / "lock"):
        _station = Station(identity.register(name, site, slot_count, folder), folder)
        # Made once, a tenth of a second that the slots inherit; but no open connection of it: two processes on one
        # socket send their requests into each other's files.
        backing.client().close()
        connections.close_all()
        companion = qbox.Companion(site, name)
        _connect_signals(_station, companion)
        billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = _TICKED_OFF_WITHIN_TENTHS
        # About root: messages are JSON and carry no work, and scenes run as another user in the sandbox.
        warnings.filterwarnings("ignore", message=r"\s*You're running the worker with superuser")
        worker = current_app.Worker(
            quiet=True,
            hostname=f"{name}@{socket.gethostname()}",
            queues=[f"node.{name}"],
            concurrency=slot_count,
            pool="prefork",
            loglevel="WARNING",
            without_gossip=True,
            without_mingle=True,
        )
        with companion.running(), equipment.installing():
            worker.start()
        return worker.exitcode or 0


def work_a_shift() -> int:
    """What a wake-up does, in a slot's process; returns how many instances were taken in hand."""
    if _station is None or _station.should_stop():
        return 0
    # A whole process group is often ended at once: a slot at work gives its work back first.
    before = signal.signal(signal.SIGTERM, _station.stop_this_slot)
    try:
        return Shift(_station.slot()).work()
    finally:
        signal.signal(signal.SIGTERM, before)


def _connect_signals(station: Station, companion: qbox.Companion) -> None:
    def begin_heartbeat(**_: Any) -> None:
        threading.Thread(target=_beat_for_ever, args=(station, companion), name="heartbeat", daemon=True).start()

    def stop(**_: Any) -> None:
        station.stops[0] = 1

    def sit_down(**_: Any) -> None:
        _sit_down(station)

    signals.worker_ready.connect(begin_heartbeat, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    signals.worker_process_init.connect(sit_down, weak=False)


def _sit_down(station: Station) -> None:
    """In a new slot process: a clean folder, and whatever a killed predecessor held goes back."""
    slot = station.slot()
    shutil.rmtree(slot.folder, ignore_errors=True)
    slot.folder.mkdir(mode=0o711, exist_ok=True)
    try:
        reports.give_back_predecessors(station.node, slot.name)
    except DatabaseError as error:
        log.warning("slot %s: what its predecessor held waits for its lease: %s", slot.name, error)
    finally:
        connection.close()


def _beat_for_ever(station: Station, companion: qbox.Companion) -> None:
    """The first beat also wakes: what waited while the machine was away need not wait for the sweep."""
    has_opengl = has_woken = False
    while not station.should_stop():
        companion.look()
        try:
            identity.beat(station.node, station.folder, has_opengl=has_opengl)
            if not has_woken:
                sweeps.wake_for_waiting()
                has_woken = True
        except DatabaseError as error:
            log.warning("no heartbeat: %s", error)
        finally:
            connection.close()  # a slot's process may be forked at any time, and must not inherit it
        if not has_opengl and _has_opengl():
            has_opengl = True
        else:
            time.sleep(identity.HEARTBEAT_SECONDS)


def _has_opengl() -> bool:
    try:
        return opengl.has_opengl()
    except OSError as error:
        log.warning("whether EEVEE works here could not be tried out: %s", error)
        return False


@contextlib.contextmanager
def _alone(path: Path) -> Any:
    with path.open("w") as lock:
        ends_by = time.monotonic() + LOCK_WITHIN_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > ends_by:
                    raise AlreadyRunning(
                        f"This node runs already ({path} is locked). Stop it, or give this one another --name."
                    ) from None
                time.sleep(0.1)
        yield
