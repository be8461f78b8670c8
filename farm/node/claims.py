"""A slot's claims: one ahead of need where frames are short, so that the engine never waits for the next one."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connection

from farm import scheduler
from farm.models import Attempt, Node
from farm.node import reports

log = logging.getLogger(__name__)

SHORT_SECONDS = 3.0
"""Above this the time of a claim is nothing, and another slot may want the instance."""
AHEAD_SECONDS = 10.0
"""An instance claimed ahead is given back when the frame before it takes longer after all."""
TURN_SECONDS = 60.0
"""How long a warm engine speaks for its task while another account waits with less running."""


@dataclass(frozen=True)
class _Claimed:
    attempt: Attempt | None = None
    preferred: UUID | None = None
    """The task that was spoken for when it was claimed, which may be long before it is taken."""


class Claims:
    def __init__(self, node: Node, slot: str) -> None:
        self._node = node
        self._slot = slot
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="claims")
        self._lock = threading.Lock()
        self._ahead: Future[_Claimed] | None = None
        self._ahead_at = 0.0
        self._last_seconds = float("inf")
        self._turn_of: UUID | None = None
        self._turn_began = 0.0

    def next(self) -> Attempt | None:
        """The next instance for this slot, under a lease; None when there is nothing."""
        claimed = self._taken_ahead()
        return self._noted(claimed if claimed.attempt else self._claim(self._preferred()))

    def note_seconds(self, seconds: float) -> None:
        """How long the last frame took."""
        self._last_seconds = seconds

    def look_ahead(self) -> None:
        """Claims the next one in the background, if the last frame was short."""
        with self._lock:
            if self._ahead is None and self._last_seconds < SHORT_SECONDS:
                self._ahead = self._thread.submit(self._claim, self._preferred())
                self._ahead_at = time.monotonic()

    def goes_on_with(self, task: UUID) -> bool:
        """Whether the next instance is one of this task: claimed now, before the last one is reported.

        What was claimed ahead long ago is taken now, so it does not grow stale between this answer and `next`.
        """
        with self._lock:
            if self._ahead is None:
                self._ahead = self._thread.submit(self._claim, self._preferred())
            self._ahead_at = time.monotonic()
            ahead = self._ahead
        try:
            attempt = ahead.result().attempt
        except DatabaseError:
            return False
        return attempt is not None and attempt.instance.task_id == task

    def give_back_stale(self) -> None:
        self.give_back(AHEAD_SECONDS)

    def give_back(self, least_age: float = 0.0) -> None:
        """Releases what was claimed ahead. Raises DatabaseError, and has it still, to be released later."""
        claimed = self._taken_ahead(least_age)
        if claimed.attempt is None:
            return
        try:
            reports.released(claimed.attempt)
        except DatabaseError:
            self._put_back(claimed)
            raise

    def end(self) -> None:
        try:
            self.give_back()
        except DatabaseError as error:
            log.warning("what was claimed ahead waits for its lease: %s", error)
            connection.close()
        self._thread.submit(connection.close)
        self._thread.shutdown()

    def _taken_ahead(self, least_age: float = 0.0) -> _Claimed:
        with self._lock:
            if time.monotonic() - self._ahead_at < least_age:
                return _Claimed()
            ahead, self._ahead = self._ahead, None
        try:
            return ahead.result() if ahead else _Claimed()
        except DatabaseError as error:
            log.warning("nothing claimed ahead: %s", error)
            return _Claimed()

    def _put_back(self, claimed: _Claimed) -> None:
        """Old as it is: the next beat tries again. Where another is ahead by now, this one's lease runs out."""
        future: Future[_Claimed] = Future()
        future.set_result(claimed)
        with self._lock:
            self._ahead = self._ahead or future

    def _claim(self, prefer_task: UUID | None) -> _Claimed:
        try:
            return _Claimed(scheduler.claim(self._node, self._slot, prefer_task=prefer_task), prefer_task)
        except DatabaseError:
            connection.close()
            raise

    def _preferred(self) -> UUID | None:
        is_turn_over = time.monotonic() - self._turn_began > TURN_SECONDS
        return None if is_turn_over else self._turn_of

    def _noted(self, claimed: _Claimed) -> Attempt | None:
        """A turn begins with what others could have had. What was claimed ahead by the old turn begins no new one, or
        a task of short frames would keep the slot for ever."""
        attempt = claimed.attempt
        if attempt is not None and attempt.instance.task_id != claimed.preferred:
            self._turn_of, self._turn_began = attempt.instance.task_id, time.monotonic()
        return attempt
