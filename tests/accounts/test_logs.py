"""No token is ever read in a log."""

import io
import logging

import pytest
from django.urls import reverse

from accounts import tokens
from accounts.models import ApiToken
from accounts.redaction import HideSecrets
from tests.accounts.conftest import signed_in


def test_the_servers_own_log_is_written_without_tokens(alice):
    _, text = tokens.make_token(alice, "canary")
    (console,) = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    written = io.StringIO()
    before = console.setStream(written)

    logging.getLogger("farm.api").error("refused %s", text)
    console.setStream(before)

    assert "refused rw_" in written.getvalue()
    assert text.partition(".")[2] not in written.getvalue()


@pytest.fixture
def log():
    """A logger that writes as the server's does; its text is in `log.written()`."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(HideSecrets())
    logger = logging.Logger("canary")
    logger.addHandler(handler)
    logger.written = stream.getvalue
    return logger


def test_making_showing_using_and_revoking_a_token_writes_it_into_no_log(alice, caplog):
    caplog.set_level(logging.DEBUG)
    client = signed_in(alice)

    client.post(reverse("account_tokens_make"), {"name": "canary"})
    client.get(reverse("account"))
    row = ApiToken.objects.get()
    secret = tokens.token_text(row).partition(".")[2]
    tokens.account_of(tokens.token_text(row))
    tokens.account_of(tokens.token_text(row)[:-1] + "x")
    client.post(reverse("account_token_revoke", args=[row.pk]))
    client.post(reverse("account_token_revoke", args=[row.pk]))

    assert caplog.records
    assert secret not in caplog.text
    assert secret not in str(row) + repr(row)


def test_a_line_that_holds_a_token_is_written_without_it(alice, log):
    _, text = tokens.make_token(alice, "canary")

    log.warning("called with %s", {"Authorization": text})

    assert text.partition(".")[2] not in log.written()
    assert text.partition(".")[0] in log.written()


def test_a_traceback_that_holds_a_token_is_written_without_it(alice, log):
    _, text = tokens.make_token(alice, "canary")

    try:
        raise ValueError(text)
    except ValueError:
        log.exception("it failed")

    assert text.partition(".")[2] not in log.written()
    assert "ValueError" in log.written()


def test_a_presigned_address_is_written_without_what_signs_it(log):
    log.warning("GET /scenes/a?X-Amz-Signature=abcdef0123&part=1")

    assert log.written() == "GET /scenes/a?X-Amz-Signature=[hidden]&part=1\n"


def test_other_lines_are_written_as_they_are(log):
    log.warning("%d of %d frames, 100%% sure", 3, 4)

    assert log.written() == "3 of 4 frames, 100% sure\n"
