"""Whatever is typed, no one comes out of their own buckets."""

from urllib.parse import quote, unquote_to_bytes, urlencode

import pytest
from django.conf import settings

from farm.models import Bucket
from farm.storage import backing
from tests.storage.people import refusal


@pytest.fixture
def secret(alice):
    """Alice's file, and where it lies behind the door."""
    alice.put("IN", "scene.blend", b"secret")
    return backing.object_prefix(alice.account.pk, "IN") + "scene.blend"


BUCKET_CALLS = [
    ("head_bucket", {}),
    ("list_objects", {}),
    ("list_objects_v2", {}),
    ("list_object_versions", {}),
    ("list_multipart_uploads", {}),
    ("get_bucket_location", {}),
    ("get_bucket_versioning", {}),
    ("delete_bucket", {}),
    ("delete_objects", {"Delete": {"Objects": [{"Key": "scene.blend"}]}}),
    ("head_object", {"Key": "scene.blend"}),
    ("get_object", {"Key": "scene.blend"}),
    ("put_object", {"Key": "scene.blend", "Body": b"evil"}),
    ("delete_object", {"Key": "scene.blend"}),
    ("create_multipart_upload", {"Key": "scene.blend"}),
    ("upload_part", {"Key": "scene.blend", "UploadId": "x", "PartNumber": 1, "Body": b"evil"}),
    ("upload_part_copy", {"Key": "scene.blend", "UploadId": "x", "PartNumber": 1, "CopySource": "IN/scene.blend"}),
    ("complete_multipart_upload", {"Key": "scene.blend", "UploadId": "x", "MultipartUpload": {"Parts": []}}),
    ("abort_multipart_upload", {"Key": "scene.blend", "UploadId": "x"}),
    ("list_parts", {"Key": "scene.blend", "UploadId": "x"}),
]


@pytest.mark.parametrize(("operation", "arguments"), BUCKET_CALLS)
def test_someone_elses_bucket_is_as_if_it_were_not_there(alice, charlie, secret, operation, arguments):
    theirs = refusal(getattr(charlie.s3, operation), Bucket="IN", **arguments)
    no_ones = refusal(getattr(charlie.s3, operation), Bucket="NO_ONES", **arguments)

    assert theirs == no_ones
    assert theirs[0] == 404
    assert alice.bytes_of("IN", "scene.blend") == b"secret"


def test_someone_elses_buckets_are_not_listed(alice, charlie, secret):
    assert charlie.s3.list_buckets()["Buckets"] == []


def test_someone_elses_file_can_not_be_copied(alice, charlie, secret):
    charlie.s3.create_bucket(Bucket="MINE")

    copy = {"Bucket": "MINE", "Key": "stolen", "CopySource": "IN/scene.blend"}
    assert refusal(charlie.s3.copy_object, **copy) == (404, "NoSuchBucket")
    assert charlie.keys("MINE") == []


UPS = ["..", "%2e%2e", ".%2E", "%252e%252e", "%c0%ae%c0%ae", "..%00", "%EF%BC%8E%EF%BC%8E"]
SLASHES = ["/", "%2f", "//", "%5C", "%252f"]


def climbs(secret):
    """Ways to write the path from one's own bucket up to the file."""
    for up in UPS:
        for slash in SLASHES:
            yield f"/MINE/{slash.join([up, up, secret.split('/', 1)[1]])}"
            yield f"/MINE/x/{slash.join([up, up, up, up, secret])}"


def as_read(path):
    """The path as the door decodes it, which is what the signature is about."""
    return quote(unquote_to_bytes(path), safe="/~")


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_no_way_to_write_a_path_leads_out(alice, charlie, secret, verb):
    charlie.s3.create_bucket(Bucket="MINE")
    before = set(all_keys())
    paths = climbs(secret)

    answers = [charlie.raw(verb, path, b"evil" if verb == "PUT" else b"", signed_path=as_read(path)) for path in paths]

    assert not any(answer.body == b"secret" or answer.code == "SignatureDoesNotMatch" for answer in answers)
    assert alice.bytes_of("IN", "scene.blend") == b"secret"
    mine = backing.object_prefix(charlie.account.pk, "MINE")
    assert {key for key in all_keys() if not key.startswith(mine)} == before
    assert secret in before


def all_keys():
    """Everything behind the door but what earlier tests' people left."""
    accounts = {str(pk) for pk in Bucket.objects.values_list("account_id", flat=True)}
    for page in backing.client().get_paginator("list_objects_v2").paginate(Bucket=settings.S3_BUCKET):
        for key in (entry["Key"] for entry in page.get("Contents", [])):
            if not key.startswith("accounts/") or key.split("/")[1] in accounts:
                yield key


SEARCHES = ["../", "../../", "..", "../IN/", "x/../../IN/", "..\\", "%2e%2e/", "//", "/", "/../", "\x00", "．．/"]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    "operation", ["list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"]
)
def test_no_search_leads_out(alice, secret, operation, search):
    alice.put("OUT", "mine")
    alice.s3.create_multipart_upload(Bucket="IN", Key="upload")
    listing = getattr(alice.s3, operation)

    try:
        page = listing(Bucket="OUT", Prefix=search)
    except alice.s3.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidArgument"
    else:
        assert not ({"Contents", "Versions", "Uploads", "CommonPrefixes"} & page.keys())


@pytest.mark.parametrize("marker", ["../", "../IN/", "..", "/", "\x01"])
def test_no_marker_leads_out(alice, secret, marker):
    alice.put("OUT", "mine")

    for query in (
        {"list-type": "2", "start-after": marker},
        {"marker": marker},
        {"versions": "", "key-marker": marker},
    ):
        body = alice.raw("GET", f"/OUT?{urlencode(query)}").body
        assert b"scene.blend" not in body


@pytest.mark.parametrize("source", ["../IN/scene.blend", "MINE/../IN/scene.blend", "MINE/%2e%2e/IN/scene.blend",
                                    "MINE\\..\\IN/scene.blend", "MINE/x?versionId=1", "MINE", "/", "%ff/%ff",
                                    "MINE/..%2f..%2f1/IN/scene.blend"])  # fmt: skip
def test_no_copy_source_leads_out(alice, charlie, secret, source):
    charlie.s3.create_bucket(Bucket="MINE")

    answer = charlie.raw("PUT", "/MINE/stolen", headers={"x-amz-copy-source": source})

    assert answer.status in (400, 404)
    assert charlie.keys("MINE") == []


@pytest.mark.parametrize("key", ["../IN/scene.blend", "..\\IN\\scene.blend", "/../IN/scene.blend", ""])
def test_no_list_of_keys_to_delete_leads_out(alice, secret, key):
    alice.s3.create_bucket(Bucket="OUT")
    order = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()

    assert alice.raw("POST", "/OUT?delete=", order).status == 400
    assert alice.bytes_of("IN", "scene.blend") == b"secret"


def test_the_doors_of_the_store_behind_stay_shut(alice, secret):
    """The backing bucket and its prefixes are no one's bucket."""
    for path in ("/render-web-test", f"/render-web-test/{secret}", f"/accounts/{alice.account.pk}/IN/scene.blend"):
        assert alice.raw("GET", path).code == "NoSuchBucket"
