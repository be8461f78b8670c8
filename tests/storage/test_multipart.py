"""Large files in parts, as every S3 client sends them."""

import os

import pytest
from boto3.s3.transfer import TransferConfig

from tests.storage.people import refusal

MIB = 1024 * 1024


@pytest.fixture
def upload(alice):
    alice.s3.create_bucket(Bucket="IN")
    return alice.s3.create_multipart_upload(Bucket="IN", Key="é film.mp4", Metadata={"fps": "24"})["UploadId"]


def part(person, upload, number, body, key="é film.mp4"):
    named = {"Bucket": "IN", "Key": key, "UploadId": upload}
    return {"PartNumber": number, "ETag": person.s3.upload_part(PartNumber=number, Body=body, **named)["ETag"]}


def test_twenty_megabytes_in_parallel_parts_come_back_as_they_were(alice, tmp_path):
    scene, back = tmp_path / "scene.blend", tmp_path / "back.blend"
    scene.write_bytes(os.urandom(20 * MIB + 17))
    alice.s3.create_bucket(Bucket="IN")

    in_parts = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=10)
    alice.s3.upload_file(str(scene), "IN", "scene.blend", Config=in_parts)
    alice.s3.download_file("IN", "scene.blend", str(back), Config=in_parts)

    assert back.read_bytes() == scene.read_bytes()
    assert alice.s3.head_object(Bucket="IN", Key="scene.blend")["ETag"].endswith('-3"')


def test_the_parts_make_the_file_with_what_was_said_about_it(alice, upload):
    parts = [part(alice, upload, n, bytes([n]) * (5 * MIB)) for n in (1, 2)]

    answer = alice.s3.complete_multipart_upload(
        Bucket="IN", Key="é film.mp4", UploadId=upload, MultipartUpload={"Parts": parts}
    )

    assert (answer["Bucket"], answer["Key"]) == ("IN", "é film.mp4")
    assert alice.bytes_of("IN", "é film.mp4") == b"\1" * 5 * MIB + b"\2" * 5 * MIB
    assert alice.s3.head_object(Bucket="IN", Key="é film.mp4")["Metadata"] == {"fps": "24"}


def test_parts_and_unfinished_uploads_are_listed(alice, upload):
    etags = [part(alice, upload, n, b"%d" % n)["ETag"] for n in (1, 2, 3)]

    listed = alice.s3.list_parts(Bucket="IN", Key="é film.mp4", UploadId=upload)
    first = alice.s3.list_parts(Bucket="IN", Key="é film.mp4", UploadId=upload, MaxParts=2)

    assert [(entry["PartNumber"], entry["ETag"], entry["Size"]) for entry in listed["Parts"]] == [
        (n, etag, 1) for n, etag in enumerate(etags, 1)
    ]
    assert (len(first["Parts"]), first["IsTruncated"], first["NextPartNumberMarker"]) == (2, True, 2)
    uploads = alice.s3.list_multipart_uploads(Bucket="IN")["Uploads"]
    assert [(entry["Key"], entry["UploadId"]) for entry in uploads] == [("é film.mp4", upload)]


def test_an_aborted_upload_leaves_nothing(alice, upload):
    part(alice, upload, 1, b"part")

    alice.s3.abort_multipart_upload(Bucket="IN", Key="é film.mp4", UploadId=upload)

    assert "Uploads" not in alice.s3.list_multipart_uploads(Bucket="IN")
    assert alice.keys("IN") == []
    assert refusal(part, person=alice, upload=upload, number=2, body=b"late") == (404, "NoSuchUpload")


def test_a_part_can_be_copied_from_another_file(alice, upload):
    alice.put("IN", "source", b"0123456789")

    named = {"Bucket": "IN", "Key": "é film.mp4", "UploadId": upload}
    copied = alice.s3.upload_part_copy(PartNumber=1, CopySource="IN/source", CopySourceRange="bytes=2-5", **named)
    parts = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]
    alice.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **named)

    assert alice.bytes_of("IN", "é film.mp4") == b"2345"


def test_a_wrong_part_is_refused_at_the_end(alice, upload):
    part(alice, upload, 1, b"part")
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]}

    named = {"Bucket": "IN", "Key": "é film.mp4", "UploadId": upload}
    assert refusal(alice.s3.complete_multipart_upload, MultipartUpload=wrong, **named) == (400, "InvalidPart")


def test_someone_elses_upload_id_is_worth_nothing(alice, charlie, upload):
    charlie.s3.create_bucket(Bucket="IN")

    assert refusal(part, person=charlie, upload=upload, number=1, body=b"evil") == (404, "NoSuchUpload")
    stolen = {"Bucket": "IN", "Key": "é film.mp4", "UploadId": upload}
    assert refusal(charlie.s3.list_parts, **stolen) == (404, "NoSuchUpload")
    refusal(charlie.s3.abort_multipart_upload, **stolen)
    assert [entry["UploadId"] for entry in alice.s3.list_multipart_uploads(Bucket="IN")["Uploads"]] == [upload]
    assert "Uploads" not in charlie.s3.list_multipart_uploads(Bucket="IN")


def test_a_part_number_out_of_range_is_refused(alice, upload):
    assert refusal(part, person=alice, upload=upload, number=10_001, body=b"x") == (400, "InvalidArgument")
