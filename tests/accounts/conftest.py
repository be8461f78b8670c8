"""What the tests of accounts stand on: a cache of their own, and people who are signed in."""

import pytest
from django.core.cache import cache
from django.test import Client


@pytest.fixture(autouse=True)
def embedded_surroundings(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PUBLIC_URL = "https://render.example.org"
    settings.S3_DOOR_URL = "https://s3.render.example.org"
    settings.FREE_HOURS = 60
    cache.clear()


def signed_in(account):
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client
