"""Signing up, in and out, the second factor, and changing a password."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import ledger, standing
from accounts.models import Account
from tests.accounts.conftest import signed_in
from tests.conftest import PASSWORD


def is_signed_in(client):
    return client.get(reverse("account")).status_code == 200


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


def sign_up(client, email="dora@example.org", password=PASSWORD):
    return client.post(reverse("account_signup"), {"email": email, "password1": password})


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def set_up_second_factor(client, account):
    sign_in(client, account.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    return secret


def test_signing_up_takes_an_email_and_a_password_and_gives_sixty_hours(client, db):
    answer = sign_up(client, "Dora@Example.org")

    dora = Account.objects.get()
    assert answer.status_code == 302
    assert dora.email == "dora@example.org"
    assert is_signed_in(client)
    assert ledger.balance_seconds(dora) == 60 * 3600


def test_the_sign_up_page_says_what_one_gets(client, db):
    page = client.get(reverse("account_signup")).content.decode()

    assert "You get 60 free render hours to start with." in page
    assert re.findall(r'<input[^>]* name="(\w+)"', page).count("password1") == 1
    assert 'name="username"' not in page


def test_a_server_without_free_hours_promises_none(client, db, settings):
    settings.FREE_HOURS = 0

    for name in ("account_signup", "account_login"):
        assert "free render hours" not in client.get(reverse(name)).content.decode()


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [("no address", PASSWORD, "email"), ("dora@example.org", "short", "password1"), ("", PASSWORD, "email")],
)
def test_what_will_not_do_is_refused_beside_its_field(client, db, email, password, field):
    answer = sign_up(client, email, password)

    assert list(answer.context["form"].errors) == [field]
    assert not Account.objects.exists()


def test_an_address_has_one_account_however_it_is_typed(client, alice):
    sign_up(client, "ALICE@example.org")

    assert Account.objects.count() == 1
    assert not is_signed_in(client)


def test_signing_in_takes_the_address_in_any_case(client, alice):
    sign_in(client, "Alice@Example.ORG")

    assert is_signed_in(client)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, alice):
    wrong = sign_in(client, "alice@example.org", "wrong wrong wrong")
    unknown = sign_in(client, "nobody@example.org", "wrong wrong wrong")

    assert wrong.context["form"].errors == unknown.context["form"].errors != {}
    assert not is_signed_in(client)


def test_after_five_wrong_passwords_the_right_one_waits_too(client, alice):
    for _ in range(5):
        sign_in(client, "alice@example.org", "wrong wrong wrong")

    sign_in(client, "alice@example.org")

    assert not is_signed_in(client)


def test_a_suspended_account_is_told_so_and_stays_out(client, alice):
    standing.suspend(alice)

    answer = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD}, follow=True)

    assert "This account is suspended" in answer.content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "javascript:alert(1)", r"\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(client, alice, elsewhere):
    answer = sign_in(client, alice.email, next=elsewhere)

    assert answer.status_code == 302
    assert answer.url == reverse("renders")


def test_signing_in_leads_back_to_the_page_that_asked(client, alice):
    assert sign_in(client, alice.email, next="/account/").url == "/account/"


def test_signing_out_takes_a_form(alice):
    client = signed_in(alice)

    client.get(reverse("account_logout"))
    assert is_signed_in(client)
    client.post(reverse("account_logout"))

    assert not is_signed_in(client)


def test_changing_the_password_keeps_this_browser_and_signs_out_the_others(client, alice):
    other = Client()
    for browser in (client, other):
        sign_in(browser, alice.email)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "another pass phrase", "password2": "another pass phrase"},
    )

    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client, alice):
    client.post(reverse("account_reset_password"), {"email": alice.email})
    link = re.search(r"https?://testserver(/\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True).request["PATH_INFO"]

    client.post(form, {"password1": "another pass phrase", "password2": "another pass phrase"})

    assert "used up" in Client().get(link, follow=True).content.decode()
    sign_in(client, alice.email, "another pass phrase")
    assert is_signed_in(client)


def test_an_unknown_address_gets_the_same_page_and_no_mail(client, alice):
    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"}, follow=True)

    assert "If there is an account with that e-mail" in answer.content.decode()
    assert mail.outbox == []


def test_a_second_factor_is_set_up_asked_for_and_kept_encrypted(client, alice):
    secret = set_up_second_factor(client, alice)
    client.post(reverse("account_logout"))

    sign_in(client, alice.email)
    assert not is_signed_in(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})

    assert is_signed_in(client)
    assert secret not in str(Authenticator.objects.get(type="totp").data)


def test_a_second_factor_that_can_not_be_read_back_keeps_the_door_closed(client, alice, settings):
    secret = set_up_second_factor(client, alice)
    settings.SECRET_KEY = "a key of another day"
    stranger = Client()

    sign_in(stranger, alice.email)
    answer = stranger.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert answer.status_code == 200
    assert not is_signed_in(stranger)


@pytest.mark.parametrize(
    "name",
    [
        "account_change_password",
        "account_logout",
        "mfa_index",
        "mfa_activate_totp",
        "account_reauthenticate",
    ],
)
def test_each_page_of_the_account_is_one_of_the_house(client, alice, name):
    sign_in(client, alice.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    page = client.get(reverse(name)).content.decode()

    assert "<h1" in page
    assert "site-header" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=", page)


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_signup", "account_reset_password", "account_reset_password_done", "account_inactive"],
)
def test_each_page_of_the_entrance_is_one_of_the_house(client, db, name):
    page = client.get(reverse(name)).content.decode()

    assert "<h1" in page
    assert "site-header" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=", page)


def test_an_address_that_was_never_confirmed_is_not_lost_by_asking_for_another(client, alice):
    sign_in(client, alice.email)

    for action in ("action_add", "action_remove", "action_primary"):
        client.post(reverse("account_email"), {"email": "alice@new.example", action: ""})

    assert Account.objects.get().email == "alice@example.org"
