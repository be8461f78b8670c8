"""The slot's pulse: ships lines four times a second, renews leases, and learns what is to be dropped."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import DatabaseError, connection

from farm import lifecycle
from farm.models import Phase
from farm.node import reports, stopping
from farm.node.work import Dropped, Work

log = logging.getLogger(__name__)

SHIP_SECONDS = 0.25
TELL_SECONDS = 1.0
"""How often the instances that render or upload say how they are; this renews their lease too."""
RENEW_SECONDS = 10.0
"""How often the others do: those claimed ahead."""
GIVE_UP_SECONDS = 50.0
"""Without a renewal for so long the lease of 60 s may be over before the work is; it is dropped in time."""


def _nothing(work: Work) -> None:
    """Nobody asks anything of the work."""


class Pulse(threading.Thread):
    def __init__(
        self, *, should_stop: Callable[[], bool], chore: Callable[[], None], look: Callable[[Work], None] = _nothing
    ) -> None:
        """`chore` is done at every beat, `look` for each work that is still ours; `should_stop` drops what renders."""
        super().__init__(name="pulse", daemon=True)
        self._should_stop = should_stop
        self._chore = chore
        self._look = look
        self._held: dict[int, Work] = {}
        self._rendering: Work | None = None
        self._next_at: dict[int, float] = {}
        self._end = threading.Event()

    def hold(self, work: Work) -> None:
        self._next_at[work.attempt.pk] = time.monotonic() + RENEW_SECONDS
        self._held[work.attempt.pk] = work

    def renders(self, work: Work) -> None:
        """Told at the next beat, so that a page sees a short frame render too."""
        self._rendering = work
        self._next_at[work.attempt.pk] = time.monotonic()

    def let_go(self, work: Work) -> None:
        self._held.pop(work.attempt.pk, None)
        self._next_at.pop(work.attempt.pk, None)

    def held(self) -> list[Work]:
        return list(self._held.values())

    def end(self) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._end.wait(SHIP_SECONDS):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        if self._rendering and self._should_stop():
            self._rendering.drop(Dropped.STOPPING)
        for work in self.held():
            _safely(partial(self._tend, work), str(work))
            if time.monotonic() - work.renewed_at > GIVE_UP_SECONDS:
                work.drop(Dropped.TAKEN)
        _safely(self._chore, "the chore of the pulse")

    def _tend(self, work: Work) -> None:
        if not work.dropped:
            work.output.ship()
        if time.monotonic() >= self._next_at.get(work.attempt.pk, float("inf")):
            self._renew(work)

    def _renew(self, work: Work) -> None:
        is_seen = work is self._rendering or work.phase == Phase.UPLOAD
        now = time.monotonic()
        self._next_at[work.attempt.pk] = now + (TELL_SECONDS if is_seen else RENEW_SECONDS)
        phase = work.phase
        is_ours = reports.heartbeat(
            work.attempt,
            phase=phase,
            progress=work.progress,
            reading=work.reading(),
            spent=work.spent(),
        )
        if is_ours:
            work.renewed_at = now
            if phase != work.told_phase:
                work.told_phase = phase
                lifecycle.refresh_state(work.task.pk)
            if phase == Phase.EXECUTION and now >= work.hours_looked_at_from:
                work.hours_looked_at_from = now + stopping.look(work.task)
            self._look(work)
        elif work.attempt.pk in self._held:
            work.drop(Dropped.CANCELLED if reports.is_cancel_asked(work.attempt) else Dropped.TAKEN)


def _safely(part: Callable[[], None], what: str) -> None:
    """Whatever breaks, the pulse beats on: without it no lease is renewed and no line is shipped."""
    try:
        part()
    except DatabaseError as error:
        log.warning("%s: the farm's database does not answer: %s", what, error)
        connection.close()
    except Exception:
        log.exception("%s broke; it is tried again at the next beat", what)
        connection.close()
