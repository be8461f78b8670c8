"""Buckets: every account has its own names, as typed."""

import pytest
from botocore.exceptions import ClientError

from farm.models import Bucket
from farm.storage import backing
from tests.storage.people import refusal


@pytest.mark.parametrize("name", ["INPUT_BUCKET", "b", "with.dots-and_more", "0" * 255])
def test_a_bucket_keeps_its_name_as_typed(alice, name):
    alice.s3.create_bucket(Bucket=name)

    assert [bucket["Name"] for bucket in alice.s3.list_buckets()["Buckets"]] == [name]
    assert Bucket.objects.get().name == name


def test_making_ones_own_bucket_again_is_welcome_and_keeps_its_files(alice):
    alice.put("OUT", "0001.png")

    answer = alice.s3.create_bucket(Bucket="OUT", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert alice.keys("OUT") == ["0001.png"]


def test_the_same_name_of_two_people_is_two_buckets(alice, charlie):
    alice.put("OUT", "0001.png", b"alice's")
    charlie.put("OUT", "0001.png", b"charlie's")

    assert alice.bytes_of("OUT", "0001.png") == b"alice's"
    assert charlie.bytes_of("OUT", "0001.png") == b"charlie's"


@pytest.mark.parametrize("name", ["-dash-first", ".hidden", "..", "with%20space", "a" * 256, "%C3%A9"])
def test_a_name_that_is_not_taken_is_refused(alice, name):
    answer = alice.raw("PUT", f"/{name}")

    assert (answer.status, answer.code) == (400, "InvalidBucketName")
    assert not Bucket.objects.exists()


def test_a_bucket_that_is_not_there_is_named_in_the_refusal(alice):
    with pytest.raises(ClientError) as refused:
        alice.s3.list_objects(Bucket="NOWHERE")

    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"
    assert refused.value.response["Error"]["BucketName"] == "NOWHERE"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_looking_a_bucket_up_tells_whether_it_is_there(alice):
    alice.s3.create_bucket(Bucket="IN")

    assert alice.s3.head_bucket(Bucket="IN")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(alice.s3.head_bucket, Bucket="OUT") == (404, "404")


def test_a_bucket_with_files_is_not_deleted(alice):
    alice.put("OUT", "0001.png")

    assert refusal(alice.s3.delete_bucket, Bucket="OUT") == (409, "BucketNotEmpty")
    assert alice.keys("OUT") == ["0001.png"]


def test_an_empty_bucket_is_deleted_with_its_unfinished_uploads(alice):
    alice.s3.create_bucket(Bucket="OUT")
    upload = alice.s3.create_multipart_upload(Bucket="OUT", Key="film.mp4")["UploadId"]
    alice.s3.upload_part(Bucket="OUT", Key="film.mp4", UploadId=upload, PartNumber=1, Body=b"part")

    alice.s3.delete_bucket(Bucket="OUT")

    assert refusal(alice.s3.list_objects, Bucket="OUT") == (404, "NoSuchBucket")
    alice.s3.create_bucket(Bucket="OUT")
    assert "Uploads" not in alice.s3.list_multipart_uploads(Bucket="OUT")


def test_location_and_versioning_are_answered_for_tools_that_ask_first(alice):
    alice.s3.create_bucket(Bucket="OUT")

    assert alice.s3.get_bucket_location(Bucket="OUT")["LocationConstraint"] is None
    assert "Status" not in alice.s3.get_bucket_versioning(Bucket="OUT")


def test_what_the_store_does_not_do_it_says(alice):
    alice.put("OUT", "0001.png")

    assert refusal(alice.s3.put_object_acl, Bucket="OUT", Key="0001.png", ACL="public-read") == (501, "NotImplemented")
    assert refusal(alice.s3.get_bucket_policy, Bucket="OUT") == (501, "NotImplemented")
    assert alice.bytes_of("OUT", "0001.png") == b"bytes"


def test_the_farm_reads_and_writes_the_same_files_without_the_door(alice, tmp_path):
    alice.put("IN", "textures/wood.png", b"wood")
    (tmp_path / "0001.png").write_bytes(b"frame")

    backing.upload(alice.account.pk, "IN", "out/0001.png", tmp_path / "0001.png")
    backing.download(alice.account.pk, "IN", "textures/wood.png", tmp_path / "wood.png")

    assert alice.bytes_of("IN", "out/0001.png") == b"frame"
    assert (tmp_path / "wood.png").read_bytes() == b"wood"
    assert [(found.key, found.size) for found in backing.list_objects(alice.account.pk, "IN", "textures/")] == [
        ("textures/wood.png", 4)
    ]
