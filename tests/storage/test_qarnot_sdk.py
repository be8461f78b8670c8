"""The unmodified Qarnot SDK against the farm's address and the door."""

import pytest
import qarnot
import requests
from botocore.exceptions import ClientError
from qarnot.exceptions import MissingBucketException


@pytest.fixture
def farm(door, live_server, settings, monkeypatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    settings.S3_DOOR_URL = door
    return f"{live_server.url}/farm"


@pytest.fixture
def conn(alice, farm):
    return qarnot.Connection(client_token=alice.secret, cluster_url=farm)


@pytest.fixture
def folder(tmp_path):
    scene = tmp_path / "scene"
    (scene / "textures").mkdir(parents=True)
    (scene / "scene.blend").write_bytes(b"blend")
    (scene / "textures" / "bois clair é.png").write_bytes(b"wood")
    (scene / "textures" / "same.png").write_bytes(b"wood")
    return scene


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_two_buckets_of_the_white_paper(conn, folder, tmp_path):
    given = conn.retrieve_or_create_bucket("INPUT_BUCKET")
    given.add_file(str(folder / "scene.blend"))
    out = conn.create_bucket("BUCKET_OUT")
    for n in (1, 2, 3):
        out.add_string(f"frame {n}", f"{n:04}.png")

    conn.retrieve_or_create_bucket("INPUT_BUCKET")
    out.get_all_files(str(tmp_path / "out"))

    assert files_in(tmp_path / "out") == {f"{n:04}.png": b"frame %d" % n for n in (1, 2, 3)}
    assert [file.key for file in given.list_files()] == ["scene.blend"]
    assert {bucket.uuid for bucket in conn.buckets()} == {"INPUT_BUCKET", "BUCKET_OUT"}


def test_a_folder_is_kept_in_step(conn, alice, folder, tmp_path):
    bucket = conn.create_bucket("IN")
    bucket.sync_directory(str(folder))
    assert alice.bytes_of("IN", "textures/same.png") == b"wood"

    (folder / "scene.blend").write_bytes(b"changed")
    (folder / "textures" / "same.png").unlink()
    (folder / "copy.png").write_bytes(b"wood")
    bucket.sync_directory(str(folder))

    bucket.get_all_files(str(tmp_path / "back"))
    assert files_in(tmp_path / "back") == files_in(folder)


def test_files_are_copied_fetched_and_deleted(conn, folder, tmp_path):
    bucket = conn.create_bucket("IN")
    bucket.add_file(str(folder / "scene.blend"), "a/scene.blend")

    bucket.copy_file("a/scene.blend", "b/scene.blend")
    bucket.get_file("b/scene.blend", str(tmp_path / "got.blend"))
    bucket.delete_file("a/scene.blend")

    assert (tmp_path / "got.blend").read_bytes() == b"blend"
    assert [file.key for file in bucket.list_files()] == ["b/scene.blend"]
    assert [file.key for file in bucket.directory("b/")] == ["b/scene.blend"]


def test_a_bucket_is_deleted_with_all_it_holds(conn, alice):
    bucket = conn.create_bucket("IN")
    for n in range(5):
        bucket.add_string("x", f"{n}/é {n}.png")

    bucket.delete()

    assert alice.s3.list_buckets()["Buckets"] == []
    assert list(conn.create_bucket("IN").list_files()) == []


def test_the_sdks_own_presigned_addresses_work(conn, alice):
    conn.create_bucket("IN").add_string("bytes", "a b+é.png")

    url = conn.s3client.generate_presigned_url("get_object", {"Bucket": "IN", "Key": "a b+é.png"})

    assert "AWSAccessKeyId=" in url
    assert requests.get(url).content == b"bytes"


def test_two_people_with_the_same_bucket_names_never_meet(conn, charlie, farm):
    theirs = qarnot.Connection(client_token=charlie.secret, cluster_url=farm)
    conn.create_bucket("IN").add_string("alice's", "scene.blend")

    assert theirs.buckets() == []
    with pytest.raises(ClientError, match="404"):
        theirs.retrieve_bucket("IN")
    assert list(theirs.create_bucket("IN").list_files()) == []


def test_a_bucket_that_is_gone_is_named_by_the_sdk(conn, tmp_path):
    bucket = conn.create_bucket("GONE")
    bucket.delete()

    with pytest.raises(MissingBucketException, match="GONE"):
        bucket.get_all_files(str(tmp_path))
