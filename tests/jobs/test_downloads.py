"""Pictures taken home: one from the store, all as a zip with a length known before its first byte."""

import asyncio
import io
import zipfile

import pytest
import requests

from jobs.buckets import bucket_of
from jobs.enums import FrameState
from jobs.models import Frame, LogChunk

PICTURES = {1: b"first", 3: b"third picture"}


@pytest.fixture
def landed(client, alice, job, store):
    client.force_login(alice)
    for number, content in PICTURES.items():
        key = f"{number:04}.png"
        bucket_of(alice, job.result_bucket).put(key, content)
        Frame.objects.filter(job=job, number=number).update(key=key, size_bytes=len(content), state=FrameState.DONE)
    return job


def body(answer):
    async def whole():
        return b"".join([piece async for piece in answer.streaming_content])

    return asyncio.run(whole())


@pytest.mark.django_db(transaction=True)
def test_the_zip_holds_every_picture_that_is_there(client, landed):
    answer = client.get(f"/renders/{landed.pk}/frames.zip")

    content = body(answer)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert int(answer["Content-Length"]) == len(content)
    assert answer["Content-Disposition"] == 'attachment; filename="basalt.zip"'
    assert {name: archive.read(name) for name in archive.namelist()} == {
        "0001.png": b"first",
        "0003.png": b"third picture",
    }


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_changed_under_the_zip_breaks_it_aloud(client, alice, landed):
    answer = client.get(f"/renders/{landed.pk}/frames.zip")
    bucket_of(alice, landed.result_bucket).put("0003.png", b"shorter")

    with pytest.raises(Exception, match="bytes"):
        body(answer)


def test_a_picture_comes_from_the_store(client, landed):
    answer = client.get(f"/renders/{landed.pk}/frames/1/picture/")

    picture = requests.get(answer["Location"], timeout=10)
    assert (picture.content, picture.headers["Content-Type"]) == (b"first", "image/png")
    assert picture.headers["Content-Disposition"].startswith("inline")


def test_a_picture_is_downloaded_by_its_name(client, landed):
    answer = client.get(f"/renders/{landed.pk}/frames/1/picture/?download=1")

    picture = requests.get(answer["Location"], timeout=10)
    assert picture.headers["Content-Disposition"] == "attachment; filename*=UTF-8''0001.png"


def test_what_a_browser_might_run_is_never_shown(alice, landed):
    address = bucket_of(alice, landed.result_bucket).signed_picture("evil.svg", "evil.svg", as_attachment=False)

    assert "response-content-disposition=attachment" in address
    assert "response-content-type=application%2Foctet-stream" in address


@pytest.mark.parametrize("address", ["frames/2/picture/", "frames/1/thumbnail/", "frames/9/picture/"])
def test_what_is_not_there_is_not_found(client, landed, address):
    assert client.get(f"/renders/{landed.pk}/{address}").status_code == 404


def test_there_is_no_zip_of_nothing(client, alice, job, store):
    client.force_login(alice)

    assert client.get(f"/renders/{job.pk}/frames.zip").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_log_is_downloaded_as_text(client, alice, job):
    client.force_login(alice)
    for line in range(120):
        LogChunk.objects.create(
            job=job, first_line=line + 1, line_count=1, instance_id=1, stream="stdout", text=f"<b>{line}", revision=1
        )

    answer = client.get(f"/renders/{job.pk}/log.txt")

    assert body(answer).decode().splitlines() == [f"1> <b>{line}" for line in range(120)]
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="basalt-log.txt"'
