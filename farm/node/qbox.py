"""The node's share in its site's Q.Box: a process beside it, started and ended with it (farm.qbox.keeping)."""

import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from django.conf import settings

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 30.0
_END_SECONDS = 3.0


class Companion:
    def __init__(self, site: str, name: str) -> None:
        manage = str(settings.BASE_DIR / "manage.py")
        self._command = [sys.executable, manage, "qbox", "--site", site, "--name", name]
        self._command += ["--beside", str(os.getpid())]
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """While inside, it runs. One whose node is killed sees that and ends by itself."""
        self._start()
        try:
            yield
        finally:
            self._end()

    def look(self) -> None:
        """Starts it again if it ended by itself, but not at every look."""
        is_over = self._process is not None and self._process.poll() is not None
        if is_over and time.monotonic() - self._began > _AGAIN_SECONDS:
            log.warning("the Q.Box ended by itself and is started again")
            self._start()

    def _start(self) -> None:
        """A machine without room for one more process renders on without it; its heartbeat depends on that."""
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        except OSError as fault:
            log.warning("the Q.Box could not be started: %s", fault)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
