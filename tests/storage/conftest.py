"""The real door in its own process, over a real store, and the people who knock."""

import sys
from urllib.parse import quote

import boto3
import pytest
from botocore.config import Config
from django.conf import settings

from accounts.models import Account
from accounts.tokens import make_token
from tests.stores import free_ports, running, s3_store  # noqa: F401


def database_url():
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    who = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@" if database["USER"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{who}{quote(database['HOST'], safe='')}{port}/{database['NAME']}"


@pytest.fixture(scope="session")
def door_process(s3_store, django_db_setup, django_db_blocker):  # noqa: F811
    port = free_ports(1)[0]
    environment = {
        "DATABASE_URL": database_url(),
        "RENDER_HOME": str(settings.RENDER_HOME),
        "SECRET_KEY": settings.SECRET_KEY,
        "TOKEN_KEY": settings.TOKEN_KEY,
        **{
            name: getattr(settings, name) for name in ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET")
        },
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "s3door", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/-/health", environment) as process:
        process.url = url
        yield process


@pytest.fixture
def door(door_process, transactional_db):
    """The door's address."""
    return door_process.url


class Person:
    """An account with a token, and boto3's clients with the two at the door."""

    def __init__(self, email, door):
        self.account = Account.objects.create_user(email)
        self.token, self.secret = make_token(self.account, "script")
        self.email, self.door = email, door
        self.s3 = self.client()

    def client(self, **config):
        config = {"request_checksum_calculation": "when_required", "signature_version": "s3v4", **config}
        return boto3.client(
            "s3",
            endpoint_url=self.door,
            aws_access_key_id=config.pop("access_key", self.email),
            aws_secret_access_key=config.pop("secret", self.secret),
            region_name=config.pop("region", "us-east-1"),
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **config),
        )

    def keys(self, bucket, **query):
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket, **query).get("Contents", [])]


@pytest.fixture
def alice(door):
    return Person("alice+render@example.org", door)


@pytest.fixture
def charlie(door):
    return Person("charlie@example.org", door)
