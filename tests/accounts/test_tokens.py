"""A token acts for its own account, and only as long as it is genuine, valid and the account in good standing."""

import pytest
from django.utils import timezone

from accounts import standing, tokens
from accounts.models import ApiToken


def test_a_token_is_recognised_as_its_accounts(alice):
    row, text = tokens.make_token(alice, "laptop")

    assert tokens.account_of(text) == row
    assert tokens.account_of(text).account == alice


def test_nothing_in_the_database_lets_one_act_as_someone(alice):
    row, text = tokens.make_token(alice, "laptop")

    kept = [str(value) for value in ApiToken.objects.filter(pk=row.pk).values_list()[0]]

    secret = text.partition(".")[2]
    assert not any(secret in value for value in kept)
    assert tokens.account_of(row.public_id) is None


@pytest.mark.parametrize("position", [0, 5, 22, 23, 24, 63])
def test_a_token_with_one_character_changed_is_refused(alice, position):
    _, text = tokens.make_token(alice, "laptop")
    other = "1" if text[position] == "0" else "0"

    assert tokens.account_of(text[:position] + other + text[position + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", ".", "\x00", "Bearer", "é" * 64, "rw_" + "0" * 20 + "." + "0" * 40, "0" * 100_000, "rw_\x00.\x00"]
)
def test_what_is_no_token_is_refused(alice, text):
    tokens.make_token(alice, "laptop")

    assert tokens.account_of(text) is None


def test_a_signature_fits_no_other_token(alice, charlie):
    _, hers = tokens.make_token(alice, "laptop")
    _, his = tokens.make_token(charlie, "laptop")

    forged = hers.partition(".")[0] + "." + his.partition(".")[2]

    assert tokens.account_of(forged) is None


def test_a_row_moved_to_another_account_is_refused(alice, charlie):
    row, text = tokens.make_token(alice, "laptop")

    ApiToken.objects.filter(pk=row.pk).update(account=charlie)

    assert tokens.account_of(text) is None


def test_a_token_of_another_servers_key_is_refused(alice, settings):
    settings.TOKEN_KEY = "key of the day before"
    _, text = tokens.make_token(alice, "laptop")

    settings.TOKEN_KEY = "key of today"

    assert tokens.account_of(text) is None


def test_a_revoked_token_is_refused_and_the_others_go_on(alice):
    row, text = tokens.make_token(alice, "laptop")
    _, other = tokens.make_token(alice, "pipeline")

    tokens.revoke(row)

    assert tokens.account_of(text) is None
    assert tokens.account_of(other).name == "pipeline"
    assert [candidate for _, candidate in tokens.secret_candidates(alice.email)] == [other]


def test_revoking_twice_keeps_the_first_time(alice):
    row, _ = tokens.make_token(alice, "laptop")
    tokens.revoke(row)
    first = row.revoked_at

    tokens.revoke(row)

    assert row.revoked_at == first


def test_a_suspended_accounts_tokens_are_refused_until_it_is_restored(alice):
    _, text = tokens.make_token(alice, "laptop")
    internal = tokens.internal_token(alice)

    standing.suspend(alice)

    assert tokens.account_of(text) is None
    assert tokens.account_of(internal) is None
    assert tokens.secret_candidates(alice.email) == []
    standing.restore(alice)
    assert tokens.account_of(text).account == alice


def test_the_s3_door_gets_only_the_accounts_own_secrets_however_the_address_is_typed(alice, charlie):
    _, hers = tokens.make_token(alice, "laptop")
    tokens.make_token(charlie, "laptop")

    assert [text for _, text in tokens.secret_candidates("Alice@Example.org")] == [hers]
    assert tokens.secret_candidates("nobody@example.org") == []
    assert tokens.secret_candidates("\x00") == []


def test_the_internal_token_is_made_once(alice):
    first = tokens.internal_token(alice)

    assert tokens.internal_token(alice) == first
    assert ApiToken.objects.filter(account=alice, is_internal=True).count() == 1
    assert tokens.account_of(first).account == alice


def test_a_revoked_internal_token_gives_way_to_a_new_one(alice):
    leaked = tokens.internal_token(alice)
    tokens.revoke(tokens.account_of(leaked))

    fresh = tokens.internal_token(alice)

    assert fresh != leaked
    assert tokens.account_of(leaked) is None
    assert tokens.account_of(fresh).account == alice


def test_the_last_use_is_kept_to_the_minute_and_costs_no_write_in_between(alice, django_assert_num_queries):
    _, text = tokens.make_token(alice, "laptop")
    before = timezone.now()

    tokens.account_of(text)

    assert ApiToken.objects.get().last_used_at >= before
    with django_assert_num_queries(1):
        tokens.account_of(text)
