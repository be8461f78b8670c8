"""The real door in its own process, over a real store, and the people who knock."""

import sys
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.conf import settings

from tests import postgres
from tests.storage.people import Person
from tests.stores import free_ports, running


def database_url():
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    if database["HOST"].startswith("/"):  # a Unix socket
        return postgres.database_url(database["HOST"], database["NAME"])
    who = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return f"postgres://{who}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"


@contextmanager
def served_door(**changed):
    """`manage.py s3door` with these settings; the process carries its url."""
    port = free_ports(1)[0]
    names = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET", "SECRET_KEY", "TOKEN_KEY")
    environment = {name: getattr(settings, name) for name in names} | {
        "DATABASE_URL": database_url(),
        "RENDER_HOME": str(settings.RENDER_HOME),
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "s3door", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/-/health", environment | changed) as process:
        process.url = url
        yield process


@pytest.fixture(scope="session")
def door_process(s3_store, django_db_setup, django_db_blocker):
    with served_door() as process:
        yield process


@pytest.fixture
def door(door_process, transactional_db):
    """The door's address. It runs in another process, so what a test stores must be committed."""
    return door_process.url


@pytest.fixture
def alice(door):
    return Person("alice+render@example.org", door)


@pytest.fixture
def charlie(door):
    return Person("charlie@example.org", door)
