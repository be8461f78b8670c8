"""The people of the tests: alice owns it, bob has no hours left, charlie must not see it. One store, one browser."""

from pathlib import Path

import pytest
from celery import current_app
from playwright.sync_api import sync_playwright

from accounts import ledger
from accounts.models import Account
from tests import chromium
from tests.stores import s3_store

__all__ = ["s3_store"]

PASSWORD = "a long enough pass phrase"
LONG_ROOMS = ["journeys", "contract", "engines", "node", "pages"]
"""Begun first: two processes share the files, and neither should wait at the end for a long one of the other's."""


def pytest_collection_modifyitems(items):
    def place(item):
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONG_ROOMS.index(room) if room in LONG_ROOMS else len(LONG_ROOMS)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def messages_stay_in_this_process():
    """Set before the first message: Celery keeps the connections it has made."""
    current_app.conf.broker_url = "memory://"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """A strong hash of a password takes a third of a second, by intent; most tests make people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db):
    return Account.objects.create_user("alice@example.org", PASSWORD)


@pytest.fixture
def bob(db):
    account = Account.objects.create_user("bob@example.org", PASSWORD)
    ledger.charge(account, ledger.balance_seconds(account), "used up", reference="", key="bob-used-it-all")
    return account


@pytest.fixture
def charlie(db):
    return Account.objects.create_user("charlie@example.org", PASSWORD)


@pytest.fixture
def operator(db):
    return Account.objects.create_superuser("operator@example.org", PASSWORD)


@pytest.fixture(scope="module")
def chrome():
    """The browser. Playwright keeps a loop running in this thread, so it ends with the file: others need their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.ARGUMENTS)
        yield browser
        browser.close()
