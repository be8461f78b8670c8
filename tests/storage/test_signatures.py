"""Signatures: whoever holds the token is let in, by all the ways clients sign; no one else is."""

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import botocore.auth
import pytest
import requests

from accounts.tokens import internal_token, make_token, revoke
from farm.storage.signatures.caller import REMEMBERED_SECONDS
from tests.storage.people import refusal, sent

WAYS = ["s3v4", "s3"]  # "s3" is Signature Version 2, which the SDK's own client presigns with


@pytest.mark.parametrize("way", WAYS)
def test_a_signed_header_lets_in(alice, way):
    alice.put("OUT", "a b+é.png", b"frame")

    client = alice.client(signature_version=way)

    assert client.get_object(Bucket="OUT", Key="a b+é.png")["Body"].read() == b"frame"
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket="OUT")["Contents"]] == ["a b+é.png"]
    client.put_object(Bucket="OUT", Key="new.png", Body=b"new", Metadata={"by": "v2"}, ContentType="image/png")
    assert alice.bytes_of("OUT", "new.png") == b"new"


@pytest.mark.parametrize("region", ["default", "eu-west-3", "us-east-1"])
def test_any_region_will_do(alice, region):
    alice.put("OUT", "0001.png")

    assert alice.client(region=region).list_objects_v2(Bucket="OUT")["KeyCount"] == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_presigned_address_fetches_and_sends(alice, way):
    alice.put("OUT", "a b+é.png", b"frame")
    client = alice.client(signature_version=way)
    named = {"Bucket": "OUT", "Key": "a b+é.png", "ResponseContentDisposition": "attachment; filename=é"}

    fetched = requests.get(client.generate_presigned_url("get_object", named))
    put = requests.put(client.generate_presigned_url("put_object", {"Bucket": "OUT", "Key": "new"}), data=b"new")

    assert (fetched.content, put.status_code) == (b"frame", 200)
    assert alice.bytes_of("OUT", "new") == b"new"


@pytest.mark.parametrize("way", WAYS)
def test_a_presigned_address_is_for_one_object_and_one_verb(alice, way):
    alice.put("OUT", "0001.png")
    alice.put("OUT", "0002.png")
    url = alice.client(signature_version=way).generate_presigned_url("get_object", {"Bucket": "OUT", "Key": "0001.png"})

    assert requests.get(url.replace("0001.png", "0002.png")).status_code == 403
    assert requests.put(url, data=b"x").status_code == 403
    assert requests.delete(url).status_code == 403
    assert requests.get(url).status_code == 200


@pytest.mark.parametrize("way", WAYS)
def test_a_presigned_address_ends_at_its_time(alice, way):
    alice.put("OUT", "0001.png")
    url = alice.client(signature_version=way).generate_presigned_url(
        "get_object", {"Bucket": "OUT", "Key": "0001.png"}, ExpiresIn=1
    )

    deadline = time.monotonic() + 10
    while (answer := requests.get(url)).status_code == 200 and time.monotonic() < deadline:
        pass

    assert answer.status_code == 403
    assert "<Message>Request has expired" in answer.text


def test_an_end_can_not_be_moved(alice):
    alice.put("OUT", "0001.png")
    url = alice.s3.generate_presigned_url("get_object", {"Bucket": "OUT", "Key": "0001.png"}, ExpiresIn=60)

    assert requests.get(re.sub(r"X-Amz-Expires=60", "X-Amz-Expires=604800", url)).status_code == 403
    assert requests.get(re.sub(r"X-Amz-Expires=60", "X-Amz-Expires=604801", url)).status_code == 400


@pytest.mark.parametrize("way", WAYS)
def test_a_presigned_put_can_not_be_turned_into_a_copy(alice, way):
    alice.put("PRIVATE", "scene.blend", b"secret")
    alice.s3.create_bucket(Bucket="OUT")
    url = alice.client(signature_version=way).generate_presigned_url("put_object", {"Bucket": "OUT", "Key": "x"})

    answer = requests.put(url, headers={"x-amz-copy-source": "PRIVATE/scene.blend"})

    assert answer.status_code == 403
    assert alice.keys("OUT") == []


def test_every_part_of_a_signed_request_is_guarded(alice):
    alice.put("OUT", "0001.png")
    good = {"method": "GET", "path": "/OUT?prefix=0&max-keys=5"}

    assert alice.raw(**good).status == 200
    for other in ("/OUT?prefix=0&max-keys=6", "/OUT?prefix=1&max-keys=5", "/IN?prefix=0&max-keys=5", "/OUT?prefix=0"):
        assert alice.raw("GET", other, signed_path=good["path"]).code == "SignatureDoesNotMatch"


def test_a_metadata_header_added_underway_is_refused(alice):
    alice.s3.create_bucket(Bucket="OUT")
    url = alice.s3.generate_presigned_url("put_object", {"Bucket": "OUT", "Key": "x"})

    answer = requests.put(url, data=b"x", headers={"x-amz-meta-mtime": "1"})

    assert (answer.status_code, "HeadersNotSigned>x-amz-meta-mtime<" in answer.text) == (403, True)


def test_an_unsigned_request_is_told_how_to_sign(alice):
    answer = requests.get(f"{alice.door}/OUT")

    assert (answer.status_code, "the e-mail of your account" in answer.text) == (403, True)


def answer_to(person, **who):
    with_secret = person.client(**who)
    status, code = refusal(with_secret.list_buckets)
    return status, code


def test_no_account_a_wrong_secret_and_a_suspended_account_get_the_same_answer(alice, charlie):
    charlie.account.is_active = False
    charlie.account.save()

    url = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64
    now = datetime.now(UTC)
    url += f"&X-Amz-Date={now:%Y%m%dT%H%M%SZ}&X-Amz-Credential="
    scope = f"/{now:%Y%m%d}/x/s3/aws4_request"
    answers = {
        re.sub(rb"<RequestId>\w+", b"", sent(alice.door, "GET", url + quote(email + scope)).body)
        for email in (alice.email, charlie.email, "no-one@example.org")
    }

    assert len(answers) == 1
    assert answer_to(charlie) == answer_to(alice, secret="wrong") == answer_to(alice, access_key="no-one@example.org")
    assert answer_to(charlie) == (403, "SignatureDoesNotMatch")


def test_each_of_several_tokens_lets_in(alice):
    _, second = make_token(alice.account, "studio")

    for secret in (alice.secret, second, internal_token(alice.account)):
        assert alice.client(secret=secret).list_buckets()["Buckets"] == []


def test_a_new_token_works_at_once(alice):
    alice.s3.list_buckets()

    _, fresh = make_token(alice.account, "fresh")

    assert alice.client(secret=fresh).list_buckets()["Buckets"] == []


def refused_within(person, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if sent_status(person) == 403:
            return True
    return False


def sent_status(person):
    return person.raw("GET", "/").status


def test_a_revoked_token_is_refused_after_a_second(alice):
    assert sent_status(alice) == 200

    revoke(alice.token)

    assert refused_within(alice, REMEMBERED_SECONDS + 2)


def test_a_suspended_account_is_refused_after_a_second(alice):
    assert sent_status(alice) == 200

    alice.account.is_active = False
    alice.account.save()

    assert refused_within(alice, REMEMBERED_SECONDS + 2)


def test_the_use_of_a_token_is_noted(alice):
    alice.s3.list_buckets()

    alice.token.refresh_from_db()
    assert datetime.now(UTC) - alice.token.last_used_at < timedelta(minutes=1)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_wrong_is_told_so(alice, minutes, monkeypatch):
    wrong = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: wrong.replace(tzinfo=None))

    assert alice.raw("GET", "/").code == "RequestTimeTooSkewed"


def test_an_address_from_the_future_is_refused(alice, monkeypatch):
    later = (datetime.now(UTC) + timedelta(minutes=20)).replace(tzinfo=None)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: later)
    url = alice.s3.generate_presigned_url("list_buckets")

    assert requests.get(url).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "AWS4-HMAC-SHA256 nonsense"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=" + "0" * 64},
        {"authorization": "AWS nonsense"},
        {"authorization": "AWS a:b", "date": "yesterday"},
        {"authorization": "Bearer x"},
        {"authorization": "AWS \xff:é", "x-amz-date": "Mon, 23 Nov 2026 19:00:00 GMT"},
    ],
)
def test_a_header_that_makes_no_sense_is_refused(alice, headers):
    assert sent(alice.door, "GET", "/", headers=headers).status in (400, 403)


@pytest.mark.parametrize("name", ["X-Amz-Date", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature"])
@pytest.mark.parametrize("value", ["", "x", "%00", "%ff", "🎬", "/" * 9])
def test_an_address_that_makes_no_sense_is_refused(alice, name, value):
    url = urlsplit(alice.s3.generate_presigned_url("list_buckets"))
    query = dict(parse_qsl(url.query)) | {name: value}

    assert sent(alice.door, "GET", f"/?{urlencode(query, safe='%')}").status in (400, 403)
