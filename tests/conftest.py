"""The people of the tests: alice owns it, bob has no hours left, charlie must not see it."""

import pytest

from accounts import ledger
from accounts.models import Account

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
