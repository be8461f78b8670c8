"""CORS rules of a bucket: kept, told, and followed when a page asks before it sends."""

from urllib.parse import urlsplit

import pytest

from tests.storage.people import refusal, sent

PAGES = "https://render.example.org"
RULE = {
    "AllowedOrigins": [PAGES, "https://*.example.net"],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["x-amz-*", "content-type"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 3600,
}


def rules(*all_of):
    return {"CORSRules": list(all_of)}


@pytest.fixture
def bucket(alice):
    alice.s3.create_bucket(Bucket="scenes")
    alice.s3.put_bucket_cors(Bucket="scenes", CORSConfiguration=rules(RULE))
    return "scenes"


@pytest.fixture
def part(alice, bucket):
    """The presigned address of a part, without the door's own."""
    upload = alice.s3.create_multipart_upload(Bucket=bucket, Key="a.blend")["UploadId"]
    asked = {"Bucket": bucket, "Key": "a.blend", "UploadId": upload, "PartNumber": 1, "ContentLength": 5}
    signed = urlsplit(alice.s3.generate_presigned_url("upload_part", asked))
    return f"{signed.path}?{signed.query}"


def asked_before(door, path, *, origin=PAGES, method="PUT", headers=""):
    told = {"Origin": origin, "Access-Control-Request-Method": method}
    return sent(door, "OPTIONS", path, headers=told | ({"Access-Control-Request-Headers": headers} if headers else {}))


def test_rules_are_kept_as_they_were_set_and_taken_away(alice, bucket):
    assert alice.s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [RULE]

    alice.s3.delete_bucket_cors(Bucket=bucket)

    assert refusal(alice.s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")


def test_a_page_that_a_rule_names_may_send_a_part_and_see_the_answer(door, part):
    before = asked_before(door, part, headers="content-type")
    assert (before.status, before.headers["access-control-allow-origin"]) == (200, PAGES)
    assert "PUT" in before.headers["access-control-allow-methods"]
    assert before.headers["access-control-allow-headers"] == "content-type"
    assert before.headers["access-control-max-age"] == "3600"

    answer = sent(door, "PUT", part, b"bytes", {"Origin": PAGES})

    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, PAGES)
    assert (answer.headers["access-control-expose-headers"], answer.headers["vary"]) == ("ETag", "Origin")


def test_a_part_of_another_length_is_refused(door, part):
    answer = sent(door, "PUT", part, b"far too long", {"Origin": PAGES})

    assert answer.status == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "https://render.example.org.evil.example", "null"])
def test_a_page_that_no_rule_names_may_not(door, part, origin):
    assert asked_before(door, part, origin=origin).status == 403

    answer = sent(door, "PUT", part, b"bytes", {"Origin": origin})

    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("wrong", [{"method": "DELETE"}, {"headers": "authorization"}, {"method": ""}])
def test_what_a_rule_does_not_name_is_not_allowed(door, part, wrong):
    assert asked_before(door, part, **wrong).status == 403


def test_a_star_stands_for_any_part_of_an_origin(door, part):
    assert asked_before(door, part, origin="https://a.b.example.net").status == 200


def test_a_request_that_says_no_origin_is_told_nothing_of_it(door, part):
    assert "access-control-allow-origin" not in sent(door, "PUT", part, b"bytes").headers


def test_who_asks_without_a_signed_address_learns_nothing(door, bucket):
    assert asked_before(door, "/scenes/a.blend").status == 403
    assert asked_before(door, "/nowhere/a.blend").status == 403


@pytest.mark.parametrize(
    "rule",
    [
        {"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]},
        {"AllowedOrigins": ["https://*.*"], "AllowedMethods": ["GET"]},
        {"AllowedOrigins": ["https://a\r\nx: y"], "AllowedMethods": ["GET"]},
    ],
)
def test_rules_that_make_no_sense_are_refused(alice, bucket, rule):
    assert refusal(alice.s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=rules(rule))[0] == 400
    assert alice.s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [RULE]


def test_charlie_neither_reads_nor_sets_nor_uses_alices_rules(charlie, door, bucket):
    missing = (404, "NoSuchBucket")
    assert refusal(charlie.s3.get_bucket_cors, Bucket=bucket) == missing
    assert refusal(charlie.s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=rules(RULE)) == missing
    assert refusal(charlie.s3.delete_bucket_cors, Bucket=bucket) == missing
    charlie.s3.create_bucket(Bucket=bucket)

    signed = urlsplit(charlie.s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a"}))

    assert asked_before(door, f"{signed.path}?{signed.query}").status == 403
