"""What a machine needs to be a node of the farm, and under which name it is one. What is missing is a sentence."""

import socket
import time
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlsplit

import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.text import slugify

from farm import key_mark
from farm.models import Node
from farm.node import identity
from farm.storage import backing

WAIT_SECONDS = 30.0
"""A farm that is being started together with its node may take so long to answer."""
_LOOK_AGAIN_SECONDS = 0.5
_ANSWER_SECONDS = 3


class CannotJoin(Exception):
    """The sentence says what is missing here, and what to do."""


class _Unreachable(CannotJoin):
    """It may be there in a moment."""


def require(site: str, slot_count: int, say: Callable[[str], object]) -> None:
    """Returns when everything is there; `say` is told at once what is waited for. Raises CannotJoin."""
    if slot_count < 1:
        raise CannotJoin("A node has at least one slot: --slots 1, or as many instances as it may render at once.")
    _require_slug(site, "site")
    for part in (_reach_redis, _reach_database, _reach_store):
        _wait_for(part, say)
    if not key_mark.is_ours():
        raise CannotJoin(
            "This machine's TOKEN_KEY is not the farm's, so it could open no secret of an order. Give it the farm's: "
            "TOKEN_KEY there, or else SECRET_KEY, or else what is in keys/secret_key of the farm's RENDER_HOME."
        )


def name_of(given: str) -> str:
    """The name that was given, or one after this host that no other machine has. Raises CannotJoin."""
    if given:
        _require_slug(given, "node")
        return given
    host = slugify(socket.gethostname().partition(".")[0])[:40] or "node"
    return next(name for name in _numbered(host) if not _is_anothers(name))


def _numbered(host: str) -> Iterator[str]:
    yield host
    yield from (f"{host}-{number}" for number in count(2))


def _is_anothers(name: str) -> bool:
    row = Node.objects.filter(name=name).first()
    return row is not None and identity.is_anothers(row, identity.mark_in(settings.NODE_SCRATCH / name))


def _require_slug(name: str, of: str) -> None:
    try:
        validate_slug(name)
    except ValidationError:
        raise CannotJoin(f"“{name}” can't be the name of a {of}: it is made of letters, digits, “-” and “_”.") from None


def _wait_for(reach: Callable[[], None], say: Callable[[str], object]) -> None:
    ends_by = time.monotonic() + WAIT_SECONDS
    is_told = False
    while True:
        try:
            reach()
            return
        except _Unreachable as missing:
            if time.monotonic() > ends_by:
                raise
            if not is_told:
                say(f"{missing} Trying for {WAIT_SECONDS:.0f} seconds.")
                is_told = True
            time.sleep(_LOOK_AGAIN_SECONDS)


def _reach_redis() -> None:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=_ANSWER_SECONDS, socket_timeout=_ANSWER_SECONDS
        ) as server:
            server.ping()
    except redis.exceptions.AuthenticationError:
        raise CannotJoin(f"Redis at {_place(settings.REDIS_URL)} refuses the password in REDIS_URL.") from None
    except (redis.exceptions.RedisError, ValueError):
        raise _Unreachable(
            f"Redis at {_place(settings.REDIS_URL)} can't be reached: REDIS_URL is to name the farm's."
        ) from None


def _reach_database() -> None:
    try:
        loader = MigrationLoader(connection)
    except DatabaseError:
        connection.close()
        raise _Unreachable(
            f"The database at {_database()} can't be reached: DATABASE_URL is to name the farm's."
        ) from None
    applied = {name for app, name in loader.applied_migrations if app == "farm"}
    known = {name for app, name in loader.disk_migrations if app == "farm"}
    if not applied:
        raise CannotJoin(f"There is no farm in the database at {_database()}: DATABASE_URL is to name the farm's.")
    if applied != known:
        raise CannotJoin(
            "The farm runs another version of Render Web than this machine. Bring both to the same one, the farm first."
        )


def _reach_store() -> None:
    try:
        backing.client().head_bucket(Bucket=settings.S3_BUCKET)
    except ClientError as refusal:
        status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
        raise _Unreachable(
            f"The S3 store at {_place(settings.S3_ENDPOINT_URL)} answers {status} for the bucket "
            f"“{settings.S3_BUCKET}”: S3_ACCESS_KEY, S3_SECRET_KEY and S3_BUCKET are to be the farm's."
        ) from None
    except (BotoCoreError, ValueError):
        raise _Unreachable(
            f"The S3 store at {_place(settings.S3_ENDPOINT_URL)} can't be reached: "
            "S3_ENDPOINT_URL is to name the farm's."
        ) from None


def _place(url: str) -> str:
    """Without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _database() -> str:
    known = settings.DATABASES["default"]
    return f"{known['HOST']}:{known['PORT'] or 5432}" if known.get("HOST") else str(known["NAME"])
