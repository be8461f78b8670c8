"""The people of the tests: alice owns it, bob has no hours left, charlie must not see it. One store, one browser."""

import pytest
from playwright.sync_api import sync_playwright

from accounts import ledger
from accounts.models import Account
from tests import chromium
from tests.stores import s3_store

__all__ = ["s3_store"]

PASSWORD = "a long enough pass phrase"


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


@pytest.fixture(scope="session")
def chrome():
    """The browser. One for the whole run: Playwright's synchronous API can be started only once in a thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.ARGUMENTS)
        yield browser
        browser.close()
