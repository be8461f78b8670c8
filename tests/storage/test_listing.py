"""Listings: every key once, in order, however small the pages."""

import pytest

from tests.storage.people import refusal

KEYS = sorted(["a.txt", "b/1", "b/2", "b/c/3", "d/4", "e é+%.txt", "z"])


@pytest.fixture
def bucket(alice):
    for key in KEYS:
        alice.put("IN", key)
    return "IN"


def pages(alice, operation, entry, **query):
    for page in alice.s3.get_paginator(operation).paginate(Bucket="IN", **query):
        yield (
            [found["Key"] for found in page.get(entry, [])],
            [found["Prefix"] for found in page.get("CommonPrefixes", [])],
        )


OPERATIONS = [
    ("list_objects", "Contents"),
    ("list_objects_v2", "Contents"),
    ("list_object_versions", "Versions"),
]


@pytest.mark.parametrize(("operation", "entry"), OPERATIONS)
@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_pages_hold_every_key_once_in_order(alice, bucket, operation, entry, page_size):
    found = list(pages(alice, operation, entry, PaginationConfig={"PageSize": page_size}))

    assert [key for keys, _ in found for key in keys] == KEYS
    assert all(len(keys) <= page_size for keys, _ in found)


@pytest.mark.parametrize(("operation", "entry"), OPERATIONS)
@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_folders_are_gathered_by_a_delimiter(alice, bucket, operation, entry, page_size):
    found = list(pages(alice, operation, entry, Delimiter="/", PaginationConfig={"PageSize": page_size}))

    assert [key for keys, _ in found for key in keys] == ["a.txt", "e é+%.txt", "z"]
    assert [prefix for _, prefixes in found for prefix in prefixes] == ["b/", "d/"]


@pytest.mark.parametrize(("prefix", "keys"), [("b/", ["b/1", "b/2", "b/c/3"]), ("b/c", ["b/c/3"]), ("x", [])])
def test_a_prefix_chooses(alice, bucket, prefix, keys):
    assert alice.keys("IN", Prefix=prefix) == keys
    assert [entry["Key"] for entry in alice.s3.list_objects(Bucket="IN", Prefix=prefix).get("Contents", [])] == keys


def test_a_folder_inside_a_folder_is_gathered(alice, bucket):
    page = alice.s3.list_objects_v2(Bucket="IN", Prefix="b/", Delimiter="/")

    assert [entry["Key"] for entry in page["Contents"]] == ["b/1", "b/2"]
    assert page["CommonPrefixes"] == [{"Prefix": "b/c/"}]
    assert page["KeyCount"] == 3


def test_a_listing_begins_after_a_key(alice, bucket):
    assert alice.keys("IN", StartAfter="b/2") == ["b/c/3", "d/4", "e é+%.txt", "z"]
    after = alice.s3.list_objects(Bucket="IN", Marker="d/4")
    assert [entry["Key"] for entry in after["Contents"]] == ["e é+%.txt", "z"]


def test_no_keys_can_be_asked_for(alice, bucket):
    assert alice.s3.list_objects_v2(Bucket="IN", MaxKeys=0)["KeyCount"] == 0


def test_a_token_of_no_listing_is_refused(alice, bucket):
    assert refusal(alice.s3.list_objects_v2, Bucket="IN", ContinuationToken="é") == (400, "InvalidArgument")


def test_an_empty_bucket_is_an_empty_list(alice):
    alice.s3.create_bucket(Bucket="IN")

    assert alice.keys("IN") == []


def test_nothing_behind_the_door_is_told(alice, bucket):
    answers = [alice.raw("GET", f"/IN{query}").body for query in ("", "?list-type=2&max-keys=1", "?versions")]

    assert all(b"accounts/" not in answer and b"render-web-test" not in answer for answer in answers)
