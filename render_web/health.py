"""GET /health/: 200 when every part answers, else 503 and which one does not."""

import urllib.request
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from botocore.config import Config
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from farm.models import Node
from render_web.celery import app

NODE_SILENCE = timedelta(seconds=60)


def health(request: HttpRequest) -> JsonResponse:
    parts = {name: state_of(check) for name, check in CHECKS.items()}
    is_well = all(state == "ok" for state in parts.values())
    return JsonResponse({"ok": is_well, "parts": parts}, status=200 if is_well else 503)


def state_of(check: Callable[[], None]) -> str:
    """ "ok", or what is wrong in a few words; never an address or a secret."""
    try:
        check()
    except Silent as silence:
        return str(silence)
    except Exception as fault:
        return f"does not answer ({type(fault).__name__})"
    return "ok"


class Silent(Exception):
    """The part can be asked, and says that it is not there."""


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    cache.get("health")


def _s3() -> None:
    import boto3

    quick = Config(connect_timeout=2, read_timeout=3, retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    boto3.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL,
        aws_access_key_id=settings.S3_ACCESS_KEY,
        aws_secret_access_key=settings.S3_SECRET_KEY,
        region_name=settings.S3_REGION,
        config=quick,
    ).head_bucket(Bucket=settings.S3_BUCKET)


def _farm() -> None:
    with urllib.request.urlopen(f"{settings.FARM_URL}/settings", timeout=3):  # noqa: S310 (the operator's own address)
        pass


def _s3_door() -> None:
    with urllib.request.urlopen(f"{settings.S3_DOOR_URL}/-/health", timeout=3):  # noqa: S310 (our own door)
        pass


def _worker(pattern: str) -> None:
    # One answer is enough; the other workers listen too and must not count.
    asked: dict[str, Any] = {"pattern": pattern, "matcher": "glob"}
    if not app.control.broadcast("ping", reply=True, limit=1, timeout=2, **asked):
        raise Silent("no worker answers")


def _node() -> None:
    if not Node.objects.filter(heartbeat_at__gte=timezone.now() - NODE_SILENCE).exists():
        raise Silent("no node has reported in the last minute")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "redis": _redis,
    "s3": _s3,
    "s3door": _s3_door,
    "farm": _farm,
    "worker": partial(_worker, "control@*"),
    "heavy": partial(_worker, "heavy@*"),
    "node": _node,
}
