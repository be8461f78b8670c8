"""Objects: what was sent is what is fetched, under the key as typed."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.storage.people import refusal

ODD_KEYS = [
    "é/日本語/🎬.png",
    "a b  c.txt",
    "1+1=2.txt",
    "100%.txt",
    "%2e%2e/%2F.txt",
    "q?x=1&y#z;:@,!$'()*~",
    "<script>&amp;\"'",
    ".hidden",
    "...",
    "k" * 200 + "/" + "j" * 200,
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_an_odd_key_comes_back_as_typed(alice, key):
    alice.put("IN", key, b"odd")

    assert alice.bytes_of("IN", key) == b"odd"
    assert alice.keys("IN") == [key]
    assert [entry["Key"] for entry in alice.s3.list_objects(Bucket="IN")["Contents"]] == [key]
    alice.s3.delete_object(Bucket="IN", Key=key)
    assert alice.keys("IN") == []


@pytest.mark.parametrize(
    "key", ["a//b", "/a", "../x", "a/../b", "a/./b", "..", "a/..", "ctrl\x01", "k" * 901, "..\\x", "a\\b"]
)
def test_a_key_that_could_mean_another_is_refused_with_a_sentence(alice, key):
    alice.s3.create_bucket(Bucket="IN")

    assert refusal(alice.s3.put_object, Bucket="IN", Key=key, Body=b"x") == (400, "InvalidArgument")
    assert alice.keys("IN") == []


def test_etags_are_the_true_md5_and_differ(alice):
    etags = [alice.put("OUT", f"{n:04}.png", b"%d" % n)["ETag"] for n in range(3)]

    assert etags == [f'"{hashlib.md5(b"%d" % n).hexdigest()}"' for n in range(3)]
    assert [entry["ETag"] for entry in alice.s3.list_objects_v2(Bucket="OUT")["Contents"]] == etags


def test_a_range_is_answered_with_just_these_bytes(alice):
    alice.put("OUT", "film.mp4", b"0123456789")

    answer = alice.s3.get_object(Bucket="OUT", Key="film.mp4", Range="bytes=2-4")

    assert answer["Body"].read() == b"234"
    assert answer["ContentRange"] == "bytes 2-4/10"
    assert refusal(alice.s3.get_object, Bucket="OUT", Key="film.mp4", Range="bytes=99-") == (416, "InvalidRange")


def test_conditions_are_kept(alice):
    etag = alice.put("OUT", "0001.png")["ETag"]
    later = datetime.now(UTC) + timedelta(hours=1)

    assert refusal(alice.s3.get_object, Bucket="OUT", Key="0001.png", IfNoneMatch=etag) == (304, "304")
    assert refusal(alice.s3.head_object, Bucket="OUT", Key="0001.png", IfModifiedSince=later) == (304, "304")
    assert refusal(alice.s3.get_object, Bucket="OUT", Key="0001.png", IfMatch='"other"')[0] == 412
    assert refusal(alice.s3.put_object, Bucket="OUT", Key="0001.png", IfNoneMatch="*")[0] == 412


def test_what_an_upload_says_about_its_object_is_kept(alice):
    said = {"ContentType": "image/png", "CacheControl": "no-cache", "ContentEncoding": "gzip"}
    alice.put("OUT", "0001.png", Metadata={"mtime": "1.5", "artist": "alice"}, **said)

    head = alice.s3.head_object(Bucket="OUT", Key="0001.png")

    assert {name: head[name] for name in said} == said
    assert head["Metadata"] == {"mtime": "1.5", "artist": "alice"}
    assert head["ContentLength"] == 5
    assert alice.bytes_of("OUT", "0001.png") == b"bytes"


def test_a_download_can_be_named_and_typed_by_its_address(alice):
    alice.put("OUT", "0001.png")

    answer = alice.s3.get_object(
        Bucket="OUT", Key="0001.png", ResponseContentDisposition="attachment", ResponseContentType="image/png"
    )

    assert (answer["ContentDisposition"], answer["ContentType"]) == ("attachment", "image/png")


def test_an_object_that_is_not_there_is_named_by_the_callers_key_only(alice):
    alice.s3.create_bucket(Bucket="OUT")

    with pytest.raises(alice.s3.exceptions.NoSuchKey) as refused:
        alice.s3.get_object(Bucket="OUT", Key="gone/0001.png")

    assert refused.value.response["Error"]["Key"] == "gone/0001.png"
    assert "accounts/" not in str(refused.value.response)
    assert refusal(alice.s3.head_object, Bucket="OUT", Key="gone/0001.png") == (404, "404")


def test_a_copy_has_the_bytes_and_the_etag(alice):
    etag = alice.put("IN", "a b+é.png", b"same")["ETag"]
    alice.s3.create_bucket(Bucket="OUT")

    answer = alice.s3.copy_object(Bucket="OUT", Key="copy.png", CopySource={"Bucket": "IN", "Key": "a b+é.png"})

    assert answer["CopyObjectResult"]["ETag"] == etag
    assert alice.bytes_of("OUT", "copy.png") == b"same"


def test_a_copy_onto_itself_changes_what_is_said_about_it(alice):
    alice.put("OUT", "0001.png", Metadata={"mtime": "1"})

    alice.s3.copy_object(
        Bucket="OUT", Key="0001.png", CopySource="OUT/0001.png", MetadataDirective="REPLACE", Metadata={"mtime": "2"}
    )

    assert alice.s3.head_object(Bucket="OUT", Key="0001.png")["Metadata"] == {"mtime": "2"}
    assert alice.bytes_of("OUT", "0001.png") == b"bytes"


def test_deleting_what_is_not_there_succeeds(alice):
    alice.s3.create_bucket(Bucket="OUT")

    answer = alice.s3.delete_object(Bucket="OUT", Key="never.png")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize("key", ["folder", "folder/"])
def test_deleting_a_folders_name_leaves_what_is_in_it(alice, key):
    alice.put("OUT", "folder/0001.png")

    alice.s3.delete_object(Bucket="OUT", Key=key)
    alice.s3.delete_objects(Bucket="OUT", Delete={"Objects": [{"Key": key}]})

    assert alice.keys("OUT") == ["folder/0001.png"]


def test_a_folder_of_files_is_no_object_itself(alice):
    alice.put("OUT", "folder/0001.png")

    assert refusal(alice.s3.get_object, Bucket="OUT", Key="folder") == (404, "NoSuchKey")
    assert refusal(alice.s3.head_object, Bucket="OUT", Key="folder") == (404, "404")


def test_many_are_deleted_by_one_command(alice):
    for n in range(5):
        alice.put("OUT", f"frame {n}+é.png")

    order = {"Objects": [{"Key": f"frame {n}+é.png", "VersionId": "null"} for n in range(4)]}
    answer = alice.s3.delete_objects(Bucket="OUT", Delete=order)

    assert [entry["Key"] for entry in answer["Deleted"]] == [f"frame {n}+é.png" for n in range(4)]
    assert alice.keys("OUT") == ["frame 4+é.png"]


def test_a_folder_can_be_marked_and_holds_no_bytes(alice):
    alice.put("IN", "textures/", b"")

    assert alice.keys("IN") == ["textures/"]
    assert alice.bytes_of("IN", "textures/") == b""
    assert refusal(alice.s3.put_object, Bucket="IN", Key="textures/", Body=b"x") == (400, "InvalidArgument")


def test_an_empty_file_is_a_file(alice):
    alice.put("OUT", "empty", b"")

    assert alice.bytes_of("OUT", "empty") == b""
    assert alice.keys("OUT") == ["empty"]
