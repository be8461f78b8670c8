"""Software without a scene, ordered in the browser from the profile's constants, with libraries to work on."""

import pytest

from jobs.domain import submission
from jobs.enums import JobState
from jobs.models import Job
from tests.pages.conftest import make_library, signed_in
from tests.profiles_on_offer import blender

ADDRESS = "/renders/own/"


def run(client, **changes):
    fields = {"name": "Word count", "instances": "2", "docker_repo": "library/busybox", "docker_cmd": "wc -l a.txt"}
    return client.post(ADDRESS, fields | changes)


def test_it_asks_what_the_profile_asks_and_no_password(alices_page):
    form = alices_page.get(ADDRESS).context["form"]

    assert list(form.fields) == ["stop_at", "priority", "name", "instances", "libraries", "docker_repo", "docker_cmd"]


def test_what_is_ordered_is_a_task_of_instances_with_whole_libraries(alices_page, alice):
    library = make_library(alice, "Texts", "a.txt")

    answer = run(alices_page, libraries=str(library.pk))

    job = Job.objects.get()
    assert answer["Location"] == f"/renders/{job.pk}/"
    assert (job.profile, job.frames, job.frame_count, job.makes_pictures) == ("docker-batch", "0-1", 2, False)
    assert job.constants == {"DOCKER_REPO": "library/busybox", "DOCKER_CMD": "wc -l a.txt"}
    order = submission._task_order(job)
    assert [(one.bucket, one.prefix) for one in order.resources] == [("library-texts", "")]
    assert (order.ranges, order.result_bucket) == ("0-1", f"render-{job.pk}")


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("instances", "0"), ("instances", "1001"), ("docker_cmd", "x" * 3000)]
)
def test_what_cannot_be_ordered_is_said_beside_its_field(alices_page, field, value):
    answer = run(alices_page, **{field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Job.objects.exists()


def test_what_failed_can_be_run_again(alices_page, alice):
    run(alices_page, instances="1")
    job = Job.objects.get()
    Job.objects.update(state=JobState.FAILED)
    job.frame_set.update(state="failed")

    alices_page.post(f"/renders/{job.pk}/again/")

    job.refresh_from_db()
    assert (job.state, job.submission_number) == (JobState.SUBMITTING, 2)


def test_a_farm_without_it_says_so(alices_page, offers):
    offers(blender())

    assert "does not run images at the moment" in alices_page.get(ADDRESS).content.decode()
    assert run(alices_page).status_code == 200
    assert not Job.objects.exists()


def test_charlie_cannot_work_on_alices_library(alice, charlie):
    library = make_library(alice, "Texts", "a.txt")

    answer = run(signed_in(charlie), libraries=str(library.pk))

    assert answer.status_code == 422
    assert not Job.objects.exists()
