"""The account page: one's own hours, tokens and ledger, and scripts that work as they stand."""

import ast
import html
import re

import pytest
from django.urls import reverse

from accounts import ledger, standing, tokens
from accounts.models import ApiToken
from tests.accounts.conftest import signed_in

TOKEN = re.compile(r"rw_[0-9a-f]{20}\.[0-9a-f]{40}")


def page_of(client, **query):
    return client.get(reverse("account"), query).content.decode()


def text_of(page, element_id):
    found = re.search(rf'id="{element_id}"[^>]*>(.*?)</(?:pre|code)>', page, re.DOTALL)
    return html.unescape(found[1])


def make(client, name="laptop"):
    return client.post(reverse("account_tokens_make"), {"name": name})


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client, db):
    answer = client.get(reverse("account"))

    assert answer.status_code == 302
    assert answer.url == "/accounts/login/?next=/account/"


def test_the_headline_says_what_is_left_and_what_it_is_worth(alice):
    ledger.charge(alice, 3600, "kitchen, frame 1", reference="kitchen", key="attempt:1")

    page = page_of(signed_in(alice))

    assert "59 h of render time left" in page
    assert "about 59 frames like those of your last render, at 1 h each" in " ".join(page.split())


def test_without_hours_the_page_says_who_can_grant_more(bob):
    page = page_of(signed_in(bob))

    assert "No render time left" in page
    assert "the operator of this server grants you more" in page


def test_the_headline_says_what_is_free_and_for_what_the_rest_is_held(alice, charlie):
    ledger.hold(alice, 12 * 3600, "Kitchen", reference="kitchen")
    one = " ".join(page_of(signed_in(alice)).split())
    ledger.hold(alice, 3600, "Basalt", reference="basalt")
    two = " ".join(page_of(signed_in(alice)).split())

    assert "48 h of render time free" in one
    assert "12 h more is held for “Kitchen”, which is under way." in one
    assert "47 h of render time free" in two
    assert "13 h more is held for 2 renders that are under way" in two
    assert "Held for Basalt; what it doesn't use is free again at its end" in two
    assert "Kitchen" not in page_of(signed_in(charlie))


def test_when_all_is_held_the_page_says_when_it_is_free_again(alice):
    ledger.hold(alice, 60 * 3600, "Kitchen", reference="kitchen")

    page = " ".join(page_of(signed_in(alice)).split())

    assert "No render time free" in page
    assert "is free again when they end" in page


def test_a_new_token_is_shown_once_and_stands_in_the_script_and_the_settings(alice):
    client = signed_in(alice)

    make(client)
    first, second = page_of(client), page_of(client)

    (token,) = set(TOKEN.findall(first))
    assert tokens.account_of(token).account == alice
    assert text_of(first, "token") == token
    for element_id in ("script", "s3-secret", "aws", "rclone", "boto3"):
        assert token in text_of(first, element_id)
    assert TOKEN.findall(second) == []
    assert "YOUR_TOKEN" in text_of(second, "script")
    assert token[-4:] in second


def test_the_page_with_the_token_is_kept_by_no_cache(alice):
    client = signed_in(alice)
    make(client)

    assert "no-store" in client.get(reverse("account")).headers["Cache-Control"]


def test_a_token_that_was_made_is_kept_in_no_session(alice):
    client = signed_in(alice)

    make(client)

    text = tokens.token_text(ApiToken.objects.get())
    assert text.partition(".")[2] not in str(dict(client.session))


def test_the_script_connects_with_the_token_to_this_server(alice):
    client = signed_in(alice)
    make(client)

    script = ast.parse(text_of(page_of(client), "script"))

    (connection,) = [
        node
        for node in ast.walk(script)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "qarnot.Connection"
    ]
    given = {keyword.arg: keyword.value.value for keyword in connection.keywords}
    assert given == {
        "client_token": tokens.token_text(ApiToken.objects.get()),
        "cluster_url": "https://render.example.org/farm",
    }


def test_the_s3_settings_are_the_doors(alice):
    page = page_of(signed_in(alice))

    assert text_of(page, "s3-endpoint") == "https://s3.render.example.org"
    assert text_of(page, "s3-access-key") == "alice@example.org"
    assert text_of(page, "s3-bucket") == "INPUT_BUCKET"
    ast.parse(text_of(page, "boto3"))


def test_each_thing_to_copy_has_a_button(alice):
    page = page_of(signed_in(alice))

    for target in re.findall(r'data-copy="#([\w-]+)"', page):
        assert f'id="{target}"' in page
    assert page.count("data-copy=") == 9


def test_the_page_holds_no_script_or_style_of_its_own(alice):
    page = page_of(signed_in(alice))

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("name", ["", "   ", "n" * 101])
def test_a_name_that_will_not_do_is_refused_beside_its_field(alice, name):
    answer = make(signed_in(alice), name)

    assert answer.status_code == 422
    assert 'class="errorlist"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_name_is_text_and_never_markup(alice):
    client = signed_in(alice)

    make(client, "<script>alert(1)</script>")

    assert "<script>alert" not in page_of(client)
    assert ApiToken.objects.get().name == "<script>alert(1)</script>"


def test_there_are_no_more_tokens_than_the_s3_door_can_try(alice):
    client = signed_in(alice)
    for number in range(50):
        tokens.make_token(alice, f"script {number}")

    answer = make(client, "one too many")

    assert "Revoke one first" in answer.content.decode()
    assert alice.tokens.count() == 50


def test_a_revoked_token_is_gone_from_the_page_and_refused(alice):
    row, text = tokens.make_token(alice, "old laptop")
    client = signed_in(alice)

    answer = client.post(reverse("account_token_revoke", args=[row.pk]), follow=True)

    assert tokens.account_of(text) is None
    assert "“old laptop” is revoked" in answer.content.decode()
    assert "old laptop" not in page_of(client)


def test_charlie_can_not_see_or_revoke_alices_token(alice, charlie):
    row, text = tokens.make_token(alice, "alices laptop")
    client = signed_in(charlie)

    assert client.post(reverse("account_token_revoke", args=[row.pk])).status_code == 404
    assert "alices laptop" not in page_of(client)
    assert tokens.account_of(text) == row


def test_the_web_apps_own_token_is_neither_shown_nor_revoked(alice):
    internal = tokens.internal_token(alice)
    row = ApiToken.objects.get()
    client = signed_in(alice)

    assert client.post(reverse("account_token_revoke", args=[row.pk])).status_code == 404
    assert "Render Web itself" not in page_of(client)
    assert tokens.account_of(internal) == row


def test_a_link_can_not_make_or_revoke_a_token(alice):
    row, _ = tokens.make_token(alice, "laptop")
    client = signed_in(alice)

    assert client.get(reverse("account_tokens_make")).status_code == 405
    assert client.get(reverse("account_token_revoke", args=[row.pk])).status_code == 405


def test_another_site_can_not_make_a_token_for_its_visitor(alice):
    client = signed_in(alice)
    client.handler.enforce_csrf_checks = True

    assert make(client).status_code == 403
    assert not ApiToken.objects.exists()


def test_the_ledger_is_read_page_by_page(alice):
    for number in range(30):
        ledger.grant(alice, 60, f"gift number {number:02}", f"gift {number}")
    client = signed_in(alice)

    first = page_of(client)
    cursor = re.search(r"\?before=(\d+)#ledger", first)[1]
    second = page_of(client, before=cursor)

    assert re.findall(r"gift number \d\d", first) == [f"gift number {number:02}" for number in range(29, 4, -1)]
    assert re.findall(r"gift number \d\d", second) == [f"gift number {number:02}" for number in range(4, -1, -1)]
    assert "Welcome" in second


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 40, "٣", "0"])
def test_a_cursor_that_means_nothing_is_no_error(alice, cursor):
    assert signed_in(alice).get(reverse("account"), {"before": cursor}).status_code == 200


def test_the_page_asks_the_database_as_often_for_many_rows_as_for_few(alice, django_assert_max_num_queries):
    client = signed_in(alice)
    ledger.charge(alice, 1, "frame", reference="first", key="attempt:first")
    tokens.make_token(alice, "first")
    with django_assert_max_num_queries(15) as few:
        page_of(client)
    for number in range(20):
        ledger.charge(alice, 1, "frame", reference=str(number), key=f"attempt:{number}")
        tokens.make_token(alice, f"script {number}")

    with django_assert_max_num_queries(15) as many:
        page_of(client)

    assert len(many) == len(few)


def test_a_suspended_accounts_open_session_is_refused(alice):
    client = signed_in(alice)
    assert client.get(reverse("account")).status_code == 200

    standing.suspend(alice)

    assert client.get(reverse("account")).status_code == 302
