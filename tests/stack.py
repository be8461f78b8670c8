"""The real stack, as `make run` starts it, in a folder and on ports of its own."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from render_web.stack.ports import free_ports, is_free
from tests.postgres import new_database

PROJECT = Path(__file__).resolve().parents[1]
READY_WITHIN_SECONDS = 90


@dataclass
class Stack:
    home: Path
    port: int
    process: subprocess.Popen
    printed: Path
    image_registry: str = ""
    """host:port of the one beside it, if there is one."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return environment_of(self.home, self.port)

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """`manage.py …` against this stack; its standard output."""
        command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, input=stdin, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def log(self) -> str:
        """Empty before the stack has begun to keep one."""
        file = self.home / "logs" / "stack.log"
        return file.read_text() if file.exists() else ""

    def told(self) -> str:
        return self.printed.read_text() + self.log()[-5000:]

    def health(self) -> dict:
        try:
            with urllib.request.urlopen(f"{self.url}/health/", timeout=15) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as answer:
            return json.load(answer)

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return bool(self.health()["ok"])
        return False

    def stop(self) -> int:
        """Ctrl-C, as a person ends it. The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


def environment_of(home: Path, port: int) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL")}
    database = home / "database_url"
    if database.exists():
        kept["DATABASE_URL"] = database.read_text()
    return {**kept, "RENDER_HOME": str(home), "PORT": str(port), "LOG_LEVEL": "INFO"}


def start(home: Path | None = None, port: int | None = None, **settings: str) -> Stack:
    home = home or Path(tempfile.mkdtemp(prefix="render-web-stack-"))
    port = port or three_free_ports()
    if "DATABASE_URL" in os.environ and not (home / "database_url").exists():
        (home / "database_url").write_text(new_database(os.environ["DATABASE_URL"], home.name))
    printed = home / "printed.txt"
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "manage.py"), "up"],
        env={**environment_of(home, port), **settings},
        stdout=printed.open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=end_with_the_tests,
    )
    stack = Stack(home, port, process, printed)
    try:
        wait_until(lambda: stack.is_ready() or process.poll() is not None, READY_WITHIN_SECONDS, stack.told)
        assert process.poll() is None, f"the stack ended: {stack.told()}"
    except BaseException:
        stack.stop()
        raise
    return stack


def end_with_the_tests() -> None:
    """Ctrl-C for the stack when the process that started it dies (PR_SET_PDEATHSIG): none is left by a killed run."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)


def three_free_ports() -> int:
    """A port whose two neighbours above are free too: pages, S3 door, S3 store."""
    return next(port for port in free_ports(50, twin_offset=1) if is_free(port + 2))


def wait_until(condition, within_seconds: float, explain=lambda: "", every_seconds: float = 0.1):
    """The first truthy value of `condition()`; fails with `explain()` when the time is over."""
    deadline = time.monotonic() + within_seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {within_seconds} s: {explain()}"
        time.sleep(every_seconds)
