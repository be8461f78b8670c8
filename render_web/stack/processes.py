"""The processes of the stack: embedded stores where no URL is given, then ours."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from render_web.stack.embedded import Part, seaweed, valkey


def stores() -> list[Part]:
    """The embedded stores this installation needs; none where REDIS_URL and S3_ENDPOINT_URL are given."""
    parts = []
    if settings.EMBEDDED_REDIS:
        parts.append(valkey(settings.RENDER_HOME))
    if settings.EMBEDDED_S3:
        parts.append(seaweed(settings.RENDER_HOME, s3_store_port(), settings.S3_BUCKET, settings.CSRF_TRUSTED_ORIGINS))
    return parts


def s3_store_port() -> int:
    """Where browsers send and fetch bytes; beside the web's port and the S3 door's."""
    return int(os.environ.get("S3_STORE_PORT", settings.PORT + 2))


def own_processes() -> Iterator[Part]:
    python = sys.executable
    manage = str(settings.BASE_DIR / "manage.py")
    celery = [python, "-m", "celery", "-A", "render_web"]
    beat_schedule = settings.RENDER_HOME / "beat" / "schedule"
    beat_schedule.parent.mkdir(parents=True, exist_ok=True)
    yield Part("web", shlex.join([python, "-m", "uvicorn", "render_web.asgi:application", *_web_options()]))
    yield Part("s3door", shlex.join([python, manage, "s3door"]))
    # Threads: control work waits for S3 and the farm far more than it computes.
    quiet = ["-P", "threads", "--without-gossip", "--without-mingle", "-l", "INFO"]
    yield Part("worker", shlex.join([*celery, "worker", "-Q", "control", "-c", "8", "-n", "control@%h", *quiet]))
    yield Part("heavy", shlex.join([*celery, "worker", "-Q", "heavy", "-c", "4", "-n", "heavy@%h", *quiet]))
    yield Part("beat", shlex.join([*celery, "beat", "-s", str(beat_schedule), "-l", "WARNING"]))
    yield Part("node", shlex.join([python, manage, "node", "--name", settings.NODE_NAME or "node-1"]))


def _web_options() -> list[str]:
    return [
        "--host",
        settings.BIND_ADDRESS,
        "--port",
        str(settings.PORT),
        "--ws",
        "websockets-sansio",
        "--timeout-graceful-shutdown",
        "3",
        "--no-access-log",
        "--log-level",
        "warning",
    ]


def remember_addresses(parts: list[Part], file: Path) -> None:
    """Writes what the stores give, so that `manage.py` in another shell reaches the running stack."""
    lines = [f"{name}={value}" for part in parts for name, value in part.gives.items()]
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
