"""So many of a worker's threads ask Qarnot at most: its silence, ten seconds a question, keeps none from the studio."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.enums import Where

_elsewhere = threading.BoundedSemaphore(4)


@contextmanager
def turn(where: str) -> Iterator[bool]:
    """Whether this thread may ask that farm now. Who may not comes again: the sweep sends what is due."""
    may_ask = where != Where.QARNOT or _elsewhere.acquire(blocking=False)
    try:
        yield may_ask
    finally:
        if may_ask and where == Where.QARNOT:
            _elsewhere.release()
