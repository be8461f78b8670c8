"""A Q.Box answers the farm's own machines, and each of them only what its account's want names."""

import json
import time

import pytest
import requests
from django.core import signing

from farm.node.staging import plan_of
from farm.qbox import want as wants
from farm.qbox.want import Want

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(alice, order, put_object, qbox):
    """The want of alice's secret scene."""
    task = order(alice, [1], resource_buckets=[put_object(alice, "of-a-secret", "secret.blend", b"alice's")])
    return Want(alice.pk, *plan_of(task).objects["secret.blend"])


def get(qbox, header):
    headers = {wants.HEADER: header} if header else {}
    return requests.get(f"http://{qbox.address}{wants.PATH}", headers=headers, timeout=5)


def test_a_want_of_the_farm_is_answered(qbox, secret):
    answer = get(qbox, wants.signed(secret))

    assert (answer.status_code, answer.content) == (200, b"alice's")


@pytest.mark.parametrize("header", ["", "made up", "a.b.c"])
def test_a_want_without_a_signature_is_refused(qbox, secret, header):
    assert get(qbox, header).status_code == 403


def test_a_want_signed_with_another_key_is_refused(qbox, secret):
    foreign = signing.dumps(secret, key="another farm's key", salt="farm.qbox.want")

    assert get(qbox, foreign).status_code == 403


def test_charlie_does_not_get_alices_object_by_a_want_that_was_rewritten(qbox, secret, charlie):
    """The signature of charlie's own want, before the fields of alice's."""
    own = wants.signed(secret._replace(account_id=charlie.pk))
    _, rest = own.split(":", 1)
    payload = signing.b64_encode(json.dumps(secret).encode()).decode()

    assert get(qbox, f"{payload}:{rest}").status_code == 403


def test_charlie_does_not_get_alices_object_from_the_cache(qbox, secret, charlie):
    assert get(qbox, wants.signed(secret)).status_code == 200

    assert get(qbox, wants.signed(secret._replace(account_id=charlie.pk))).status_code == 404


@pytest.mark.parametrize("key", ["../../1/of-a-secret/secret.blend", "./secret.blend", "/etc/passwd", ""])
def test_a_key_that_climbs_is_not_answered(qbox, secret, charlie, key):
    assert get(qbox, wants.signed(secret._replace(account_id=charlie.pk, key=key))).status_code != 200


def test_an_old_want_is_refused(qbox, secret, monkeypatch):
    long_ago = time.time() - wants.VALID_SECONDS - 5
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: long_ago)
        old = wants.signed(secret)

    assert get(qbox, old).status_code == 403


def test_names_of_files_tell_nothing(qbox, secret):
    get(qbox, wants.signed(secret))

    (kept,) = qbox.folder.iterdir()
    assert "secret" not in kept.name
    assert qbox.folder.stat().st_mode & 0o077 == 0
