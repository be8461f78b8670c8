"""Tasks without pictures: their files are listed, taken home one by one or all together, and are their owner's only."""

import io
import zipfile
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from django.test import Client

from jobs import farms
from jobs.buckets import AccountBucket, bucket_of
from jobs.domain import downloads
from jobs.domain.headline import headline
from jobs.enums import JobState
from jobs.models import Job, ResultFile
from tests.jobs.test_discovery import discovered
from tests.jobs.test_downloads import body
from tests.jobs.test_sync import polled

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def task(alice, farm):
    """Ordered by alice's script: two instances of her own software."""
    order = farms.TaskOrder("word count", "count", "docker-batch", "0-1", {}, [], f"counted-{uuid4()}")
    farm.of(alice).submit(order)
    return farm.only_task()


@pytest.fixture
def job(alice, task):
    discovered(alice)
    return Job.objects.get()


def put(job, *keys):
    for key in keys:
        bucket_of(job.account, job.result_bucket).put(key, b"12345")


def results(*keys):
    return [f"s3://store/the-bucket/{key}" for key in keys]


def signed_in(account):
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_own_software_that_failed_is_told_without_words_of_frames(job, farm, task):
    for instance in (0, 1):
        farm.ends(task, instance, state="Failure", message="The registry does not answer.")
    task.state = "Failure"

    polled(job)

    said = headline(job)
    assert said.sentence == "It did not run to its end. The farm said: The registry does not answer."
    assert said.next_step.endswith("press “Run what is missing again”.")


def test_a_task_of_own_software_is_counted_in_instances(job, farm, task):
    farm.runs(task, 1)
    farm.ends(task, 0)

    polled(job)

    assert not job.makes_pictures
    assert headline(job).sentence == "Running: 1 of 2 instances done."


def test_its_files_are_there_as_soon_as_the_farm_names_them(job, farm, task):
    put(job, "a/words.txt", "of another task.txt")
    farm.runs(task, 1)
    farm.ends(task, 0, results=results("a/words.txt"))

    polled(job)

    (file,) = job.result_files.all()
    assert (file.key, file.size_bytes, file.instance_id) == ("a/words.txt", 5, 0)
    assert 0 < file.revision <= job.revision


def test_the_bucket_is_not_listed_while_the_farm_names_what_came_back(job, farm, task, monkeypatch):
    put(job, "words.txt")
    farm.ends(task, 0, results=results("words.txt"))
    monkeypatch.setattr(AccountBucket, "list", None)

    polled(job)

    assert job.result_files.count() == 1


def test_a_farm_that_names_nothing_leaves_all_of_its_bucket_at_the_end(job, farm, task):
    put(job, "words.txt", "more/words.txt")
    farm.ends(task, 0, 1)
    task.state = "Success"

    polled(job)

    assert job.state == JobState.COMPLETED
    assert [file.key for file in job.result_files.all()] == ["more/words.txt", "words.txt"]


def test_a_file_that_another_instance_wrote_anew_is_taken_home_as_it_is_now(job, farm, task):
    put(job, "words.txt")
    farm.runs(task, 1)
    farm.ends(task, 0, results=results("words.txt"))
    polled(job)
    bucket_of(job.account, job.result_bucket).put("words.txt", b"longer words")
    farm.ends(task, 1, results=results("words.txt"))

    polled(job)

    assert job.result_files.get().size_bytes == 12
    assert b"longer words" in b"".join(downloads.zip_of_files(job, job.account))


def test_the_page_lists_files_instead_of_frames(job, farm, task):
    put(job, "words.txt")
    farm.ends(task, 0, results=results("words.txt"))
    polled(job)

    page = signed_in(job.account).get(f"/renders/{job.pk}/").content.decode()

    assert "words.txt" in page
    assert "1 file, 5 B" in page
    assert "data-wall" not in page


def test_an_open_page_is_told_of_new_files(job, farm, task):
    put(job, "words.txt")
    farm.ends(task, 0, results=results("words.txt"))
    before = job.revision
    polled(job)

    message = signed_in(job.account).get(f"/renders/{job.pk}/changes/?after={before}").json()

    assert [file["key"] for file in message["files"]] == ["words.txt"]
    assert message["files_sum"] == "1 file, 5 B"


def test_a_file_comes_from_the_store_and_is_never_shown_by_the_browser(job, farm, task):
    put(job, "page.html")
    farm.ends(task, 0, results=results("page.html"))
    polled(job)

    answer = signed_in(job.account).get(f"/renders/{job.pk}/files/{job.result_files.get().pk}/")

    file = requests.get(answer["Location"], timeout=10)
    assert file.content == b"12345"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert urlsplit(answer["Location"]).query


@pytest.mark.django_db(transaction=True)
def test_all_files_come_in_their_folders(job, farm, task):
    put(job, "a/words.txt", "words.txt")
    farm.ends(task, 0, results=results("a/words.txt", "words.txt"))
    polled(job)

    answer = signed_in(job.account).get(f"/renders/{job.pk}/files.zip")

    assert sorted(zipfile.ZipFile(io.BytesIO(body(answer))).namelist()) == ["a/words.txt", "words.txt"]


@pytest.mark.parametrize("key", ["../words.txt", "..\\words.txt", "/words.txt", "./words.txt"])
def test_no_file_leaves_the_folder_the_zip_is_unpacked_into(job, key):
    ResultFile.objects.create(job=job, key=key, size_bytes=5)

    archive = downloads.zip_of_files(job, job.account)

    assert [entry["name"] for entry in archive.info_list()] == ["words.txt"]


def test_charlie_finds_no_file_of_alices(job, farm, task, charlie):
    put(job, "words.txt")
    farm.ends(task, 0, results=results("words.txt"))
    polled(job)

    for address in (f"files/{job.result_files.get().pk}/", "files.zip"):
        assert signed_in(charlie).get(f"/renders/{job.pk}/{address}").status_code == 404


def test_a_profile_nobody_knows_is_taken_to_give_back_files(alice, farm):
    farm.of(alice).submit(farms.TaskOrder("x", "x", "sculptor-9", "0", {}, [], "out"))

    discovered(alice)

    assert not Job.objects.get().makes_pictures
