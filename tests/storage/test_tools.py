"""What technical directors have on their machines already: s3cmd, rclone and aws, with an e-mail and a token."""

import os
from urllib.parse import urlsplit

import pytest
import requests

from tests import s3_tools
from tests.storage.people import refusal
from tests.storage.tools import Aws, Rclone, Refused, S3cmd

MIB = 1024 * 1024
TOOLS = [S3cmd, Rclone, Aws]


@pytest.fixture(scope="module", autouse=True)
def _installed():
    s3_tools.install()


@pytest.fixture(params=TOOLS, ids=["s3cmd", "rclone", "aws"])
def tool(request, tmp_path):
    """`tool(person)`: the tool, set up for that person."""
    return lambda person, secret="": request.param(person, tmp_path / f"home of {person.email}", secret)


@pytest.fixture
def mine(tool, alice):
    return tool(alice)


@pytest.fixture
def folder(tmp_path):
    scene = tmp_path / "scene"
    (scene / "textures").mkdir(parents=True)
    (scene / "scene.blend").write_bytes(b"blend")
    (scene / "textures" / "bois clair é.png").write_bytes(b"wood")
    (scene / "textures" / "old.png").write_bytes(b"old")
    return scene


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_put_listed_fetched_and_deleted(mine, alice, folder, tmp_path):
    mine.make_bucket("input")
    mine.put(folder / "scene.blend", "input", "shots/a b é.blend")
    mine.get("input", "shots/a b é.blend", tmp_path / "back.blend")

    assert mine.buckets() == ["input"]
    assert mine.keys("input") == ["shots/a b é.blend"]
    assert (tmp_path / "back.blend").read_bytes() == b"blend"

    mine.delete("input", "shots/a b é.blend")
    assert alice.keys("input") == []
    mine.delete_bucket("input")
    assert mine.buckets() == []


def test_a_large_file_goes_in_parts_and_comes_back_as_it_was(mine, alice, tmp_path):
    scene, back = tmp_path / "large.blend", tmp_path / "back.blend"
    scene.write_bytes(os.urandom(17 * MIB + 3))
    mine.make_bucket("input")

    mine.put(scene, "input", "large.blend")
    mine.get("input", "large.blend", back)

    assert "-" in alice.s3.head_object(Bucket="input", Key="large.blend")["ETag"], "it went in one piece"
    assert back.read_bytes() == scene.read_bytes()


def test_a_folder_is_kept_in_step_both_ways(mine, alice, folder, tmp_path):
    mine.make_bucket("input")
    mine.sync_up(folder, "input")
    (folder / "scene.blend").write_bytes(b"changed since")
    (folder / "textures" / "old.png").unlink()
    (folder / "new.png").write_bytes(b"new")

    mine.sync_up(folder, "input")
    mine.sync_down("input", tmp_path / "back")

    assert alice.keys("input") == ["new.png", "scene.blend", "textures/bois clair é.png"]
    assert files_in(tmp_path / "back") == files_in(folder)


def test_what_did_not_change_is_not_sent_again(mine, alice, folder):
    mine.make_bucket("input")
    mine.sync_up(folder, "input")
    before = alice.s3.list_objects_v2(Bucket="input")["Contents"]

    mine.sync_up(folder, "input")

    assert alice.s3.list_objects_v2(Bucket="input")["Contents"] == before


def test_a_bucket_named_as_in_the_white_paper_is_read_too(mine, alice, tmp_path):
    alice.put("BUCKET_OUT", "0001.png", b"frame")

    mine.get("BUCKET_OUT", "0001.png", tmp_path / "0001.png")

    assert mine.buckets() == ["BUCKET_OUT"]
    assert (tmp_path / "0001.png").read_bytes() == b"frame"


def test_its_link_to_a_file_opens_in_a_browser_and_no_other_file(mine, alice):
    alice.put("output", "a b+é.png", b"frame")
    alice.put("output", "other.png", b"other")

    link = mine.link("output", "a b+é.png")

    assert requests.get(link).content == b"frame"
    elsewhere = urlsplit(link)._replace(path="/output/other.png").geturl()
    assert requests.get(elsewhere).status_code == 403


def test_charlie_sees_and_reaches_nothing_of_alices(tool, alice, charlie, folder, tmp_path):
    alice.put("output", "0001.png", b"alice's own")
    theirs = tool(charlie)

    assert theirs.buckets() == []
    for attempt in (
        lambda: theirs.get("output", "0001.png", tmp_path / "stolen.png"),
        lambda: theirs.keys("output"),
    ):
        with pytest.raises(Refused):
            attempt()
    assert not (tmp_path / "stolen.png").exists()
    assert alice.keys("output") == ["0001.png"]


def test_what_charlie_writes_under_alices_names_is_charlies(tool, alice, charlie, folder):
    alice.put("output", "scene.blend", b"alice's own")
    theirs = tool(charlie)
    theirs.make_bucket("output")

    theirs.sync_up(folder, "output")

    assert alice.bytes_of("output", "scene.blend") == b"alice's own"
    assert charlie.bytes_of("output", "scene.blend") == b"blend"


def test_a_wrong_secret_and_another_accounts_token_are_refused(tool, alice, charlie):
    alice.put("output", "0001.png", b"alice's own")

    for secret in ("wrong", charlie.secret):
        with pytest.raises(Refused, match=r"403|SignatureDoesNotMatch"):
            tool(alice, secret).buckets()
        assert refusal(alice.client(secret=secret).list_buckets) == (403, "SignatureDoesNotMatch")
