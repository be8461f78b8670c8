"""The operator's panel: hours at a glance, grants, suspension; no secrets, no query per row."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts import ledger, tokens
from accounts.models import Account, LedgerEntry
from tests.accounts.conftest import signed_in
from tests.conftest import PASSWORD

ACCOUNTS = "admin:accounts_account_changelist"
TOKENS = "admin:accounts_apitoken_changelist"
LEDGER = "admin:accounts_ledgerentry_changelist"


def act(client, action, *rows, page=ACCOUNTS, **more):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], "grant_key": str(uuid.uuid4())}
    return client.post(reverse(page), chosen | more, follow=True).content.decode()


@pytest.fixture
def panel(operator):
    return signed_in(operator)


def test_the_list_shows_each_accounts_hours(panel, alice, bob):
    ledger.charge(alice, 1800, "frame", reference="task", key="attempt:1")

    page = panel.get(reverse(ACCOUNTS), {"q": "example.org"}).content.decode()

    assert "59 h 30 min" in page
    assert "0 s" in page


@pytest.mark.parametrize("page", [ACCOUNTS, TOKENS, LEDGER])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_few(panel, alice, page, django_assert_max_num_queries):
    tokens.make_token(alice, "first")
    with django_assert_max_num_queries(15) as few:
        panel.get(reverse(page))
    for number in range(15):
        tokens.make_token(Account.objects.create_user(f"artist{number}@example.org", "x"), "script")

    with django_assert_max_num_queries(15) as many:
        panel.get(reverse(page))

    assert len(many) == len(few)


def test_hours_are_granted_with_a_reason(panel, alice, bob):
    act(panel, "grant_hours", alice, bob, hours="2.5", reason="for the trailer")

    assert ledger.balance_seconds(alice) == 62.5 * 3600
    assert ledger.balance_seconds(bob) == 2.5 * 3600
    assert LedgerEntry.objects.filter(reason="for the trailer").count() == 2


def test_a_grant_sent_twice_is_booked_once(panel, alice):
    for _ in range(2):
        act(panel, "grant_hours", alice, hours="2", reason="a gift", grant_key="the same form")

    assert ledger.balance_seconds(alice) == 62 * 3600


@pytest.mark.parametrize(
    ("hours", "reason", "said"),
    [("", "a gift", "no number of hours"), ("many", "a gift", "no number"), ("2", " ", "Say why")],
)
def test_a_grant_without_hours_or_reason_is_refused(panel, alice, hours, reason, said):
    page = act(panel, "grant_hours", alice, hours=hours, reason=reason)

    assert said in page
    assert ledger.balance_seconds(alice) == 60 * 3600


def test_suspending_leaves_the_operators_own_account_out(panel, operator, alice):
    page = act(panel, "suspend", alice, operator)

    assert not Account.objects.get(pk=alice.pk).is_active
    assert Account.objects.get(pk=operator.pk).is_active
    assert "left out" in page


def test_a_suspended_account_is_restored(panel, alice):
    act(panel, "suspend", alice)

    act(panel, "restore", alice)

    assert Account.objects.get(pk=alice.pk).is_active


def test_an_account_made_in_the_panel_is_greeted_too_and_kept_in_small_letters(panel):
    panel.post(
        reverse("admin:accounts_account_add"),
        {
            "email": "Dora@Example.org",
            "usable_password": "true",
            "password1": "a long pass phrase",
            "password2": "a long pass phrase",
        },
    )

    dora = Account.objects.get(email="dora@example.org")
    assert ledger.balance_seconds(dora) == 60 * 3600


def test_an_address_changed_in_the_panel_replaces_the_old_one(panel, alice):
    browser = Client()
    browser.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    form = {"email": "alice@new.example", "is_active": "on"}

    panel.post(reverse("admin:accounts_account_change", args=[alice.pk]), form)

    for address, works in (("alice@example.org", False), ("alice@new.example", True)):
        browser = Client()
        browser.post(reverse("account_login"), {"login": address, "password": PASSWORD})
        assert ("_auth_user_id" in browser.session) == works


def test_the_pages_of_one_row_open(panel, alice):
    row, _ = tokens.make_token(alice, "laptop")
    pages = {"account": alice.pk, "apitoken": row.pk, "ledgerentry": alice.ledger_entries.get().pk}

    for model, key in pages.items():
        assert panel.get(reverse(f"admin:accounts_{model}_change", args=[key])).status_code == 200
    one = {"account__id__exact": alice.pk}
    assert "alice@example.org" in panel.get(reverse(LEDGER), one).content.decode()


def test_the_panel_shows_no_token(panel, alice):
    row, text = tokens.make_token(alice, "laptop")

    for page in (reverse(TOKENS), reverse("admin:accounts_apitoken_change", args=[row.pk])):
        assert text.partition(".")[2] not in panel.get(page).content.decode()


def test_a_token_is_revoked_in_the_panel(panel, alice):
    row, text = tokens.make_token(alice, "laptop")

    act(panel, "revoke", row, page=TOKENS)

    assert tokens.account_of(text) is None


def test_the_ledger_is_looked_at_and_never_changed(panel, alice):
    entry = alice.ledger_entries.get()
    address = reverse("admin:accounts_ledgerentry_change", args=[entry.pk])

    assert panel.post(address, {"seconds": 1}).status_code == 403
    assert panel.post(reverse("admin:accounts_ledgerentry_add")).status_code == 403
    assert panel.post(reverse("admin:accounts_account_delete", args=[alice.pk]), {"post": "yes"}).status_code == 403
    assert ledger.balance_seconds(alice) == 60 * 3600


def test_an_artist_is_not_let_in(alice):
    assert signed_in(alice).get(reverse(ACCOUNTS), follow=True).status_code == 403


def test_a_stranger_signs_in_by_the_page_that_counts_tries(client, db):
    answer = client.get(reverse(ACCOUNTS), follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_the_panels_sign_in_never_leads_to_another_site(client, db):
    answer = client.get("/admin/login/?next=https://evil.example/")

    assert answer.status_code == 302
    assert "evil.example" not in answer.url.partition("next=")[2].replace("%2Fadmin%2Flogin%2F%3Fnext%3D", "")[:12]


def test_an_operator_with_few_rights_can_not_give_themselves_all(alice, operator):
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(Permission.objects.filter(codename__in=["view_account", "change_account"]))
    panel = signed_in(alice)
    form = {"email": alice.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    panel.post(reverse("admin:accounts_account_change", args=[alice.pk]), form)
    act(panel, "suspend", operator)

    assert not Account.objects.get(pk=alice.pk).is_superuser
    assert Account.objects.get(pk=operator.pk).is_active
    assert panel.post(reverse("admin:auth_user_password_change", args=[operator.pk])).status_code == 403
