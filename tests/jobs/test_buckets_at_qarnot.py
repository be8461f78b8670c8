"""An account's buckets at Qarnot: who may send to them, asked once of a storage that says what it keeps."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from jobs import buckets
from jobs.buckets import bucket_of
from jobs.domain import scenes, uploads
from jobs.enums import Where
from tests.stores import SECRET_KEY


def test_pages_may_send_parts_to_a_bucket_there_beside_whoever_might_before(alice, at_qarnot, settings):
    client = buckets._client_of_door(at_qarnot.storage_url, at_qarnot.email, SECRET_KEY)
    client.create_bucket(Bucket="mine")
    theirs = {"AllowedOrigins": ["https://elsewhere.example"], "AllowedMethods": ["GET"]}
    client.put_bucket_cors(Bucket="mine", CORSConfiguration={"CORSRules": [theirs]})
    buckets._made.cache_clear()

    bucket = bucket_of(alice, "mine", Where.QARNOT)

    origins = [rule["AllowedOrigins"] for rule in client.get_bucket_cors(Bucket="mine")["CORSRules"]]
    assert bucket.lets_pages_in
    assert origins == [["https://elsewhere.example"], settings.PAGE_ORIGINS]


def test_a_storage_that_keeps_no_rule_for_pages_is_said_before_a_file_is_sent(alice, at_qarnot, monkeypatch):
    monkeypatch.setattr(buckets, "_made", lambda *place: False)
    scene = scenes.create(alice, "x", Where.QARNOT)

    with pytest.raises(uploads.UploadRefused, match="Choose this studio's machines for the upload"):
        uploads.begin(scene, "scene.blend", 3, "f")


def test_the_rule_for_pages_is_told_once_whatever_the_store_adds_to_it(settings):
    kept = {
        "ID": "1", "AllowedOrigins": settings.PAGE_ORIGINS, "AllowedMethods": ["HEAD", "GET", "PUT"],
        "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"],
    }  # fmt: skip
    client = SimpleNamespace(get_bucket_cors=lambda **bucket: {"CORSRules": [kept]})

    assert buckets._let_pages_in(client, "mine")


def test_a_storage_that_is_busy_just_now_is_not_taken_for_one_without_rules():
    def busy(**bucket):
        raise ClientError({"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "GetBucketCors")

    with pytest.raises(ClientError):
        buckets._let_pages_in(SimpleNamespace(get_bucket_cors=busy), "mine")
