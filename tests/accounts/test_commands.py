"""What the operator does from a terminal: `manage.py account …`."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import ledger, tokens
from accounts.first_operator import ensure_first_operator
from accounts.models import Account, ApiToken
from accounts.opening import NotOpened
from tests.conftest import PASSWORD


@pytest.fixture
def account(monkeypatch):
    def run(*arguments, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        said = io.StringIO()
        call_command("account", *arguments, stdout=said)
        return said.getvalue()

    return run


def test_create_reads_the_password_from_standard_input(db, account):
    account("create", "Alice@Example.org", typed=f"{PASSWORD}\n")

    alice = Account.objects.get()
    assert (alice.email, alice.is_staff, alice.is_superuser) == ("alice@example.org", False, False)
    assert alice.check_password(PASSWORD)
    assert ledger.balance_seconds(alice) == 60 * 3600


def test_create_makes_an_operator_when_asked(db, account):
    account("create", "root@example.org", "--operator", typed=PASSWORD)

    root = Account.objects.get()
    assert (root.is_staff, root.is_superuser) == (True, True)


@pytest.mark.parametrize(
    ("email", "typed", "said"),
    [
        ("nobody", PASSWORD, "valid email"),
        ("dora@example.org", "short", "too short"),
        ("dora@example.org", "", "too short"),
        ("dora@example.org", "password123", "too common"),
    ],
)
def test_create_refuses_with_a_sentence(db, account, email, typed, said):
    with pytest.raises(CommandError, match=said):
        account("create", email, typed=typed)

    assert not Account.objects.exists()


@pytest.mark.parametrize("typed", ["another pass phrase", ""])
def test_create_says_that_an_account_exists(alice, account, typed):
    with pytest.raises(CommandError, match=r"alice@example\.org has an account already") as refusal:
        account("create", "ALICE@example.org", typed=typed)

    assert refusal.value.returncode == 1
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_token_prints_the_token_and_nothing_else(alice, account):
    said = account("token", "alice@example.org", "laptop")

    assert said == tokens.token_text(ApiToken.objects.get()) + "\n"
    assert tokens.account_of(said.strip()).name == "laptop"


def test_a_suspended_account_gets_no_token(alice, account):
    account("suspend", alice.email)

    with pytest.raises(CommandError, match="is suspended"):
        account("token", alice.email, "laptop")


@pytest.mark.parametrize("name", [" ", "n" * 101])
def test_a_tokens_name_must_do(alice, account, name):
    with pytest.raises(CommandError, match="1 to 100 characters"):
        account("token", alice.email, name)


def test_grant_adds_hours_each_time_with_its_reason(alice, account):
    account("grant", alice.email, "1.5", "--reason", "for the trailer")
    said = account("grant", alice.email, "1.5")

    assert ledger.balance_seconds(alice) == 63 * 3600
    assert "63.00 render hours" in said
    assert alice.ledger_entries.filter(reason="for the trailer").count() == 1


@pytest.mark.parametrize("hours", ["0", "-1", "many", "NaN", "1e300"])
def test_grant_refuses_what_is_no_number_of_hours(alice, account, hours):
    with pytest.raises(CommandError, match="no number of hours"):
        account("grant", alice.email, "--", hours)

    assert ledger.balance_seconds(alice) == 60 * 3600


def test_suspend_and_restore_change_the_standing(alice, account):
    account("suspend", "Alice@example.org")
    assert not Account.objects.get().is_active

    account("restore", "alice@example.org")
    assert Account.objects.get().is_active


@pytest.mark.parametrize("arguments", [("token", "laptop"), ("grant", "1"), ("suspend",), ("restore",)])
def test_an_unknown_account_is_said_to_be_unknown(db, account, arguments):
    action, *rest = arguments

    with pytest.raises(CommandError, match=r"There is no account nobody@example\.org"):
        account(action, "nobody@example.org", *rest)


def test_the_first_operator_is_made_once_and_told_once(db, account):
    email, password = account("first-operator").split()

    operator = Account.objects.get()
    assert operator.email == email == "admin@render.local"
    assert operator.check_password(password)
    assert operator.is_superuser
    assert account("first-operator") == ""


def test_the_first_operator_takes_what_the_environment_says(db, monkeypatch):
    monkeypatch.setenv("RENDER_ADMIN_EMAIL", "Root@Studio.example")
    monkeypatch.setenv("RENDER_ADMIN_PASSWORD", "of the studio")

    credentials = ensure_first_operator()

    assert (credentials.email, credentials.password) == ("root@studio.example", "of the studio")
    assert Account.objects.get().check_password("of the studio")


def test_two_servers_get_different_passwords(db):
    first = ensure_first_operator()
    Account.objects.all().delete()

    assert ensure_first_operator().password != first.password


def test_whoever_signed_up_with_the_operators_address_does_not_become_the_operator(alice, monkeypatch):
    monkeypatch.setenv("RENDER_ADMIN_EMAIL", alice.email)

    with pytest.raises(NotOpened):
        ensure_first_operator()

    alice.refresh_from_db()
    assert not alice.is_superuser
    assert alice.check_password(PASSWORD)
