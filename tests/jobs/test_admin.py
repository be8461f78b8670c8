"""The operator's panel over scenes and renders."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.enums import JobState, SceneState
from jobs.models import Job, Scene


@pytest.fixture
def panel(client, operator):
    client.force_login(operator)
    return client


@pytest.mark.parametrize("address", ["/admin/jobs/job/", "/admin/jobs/scene/"])
def test_a_list_costs_no_query_a_row(panel, scene, address):
    panel.get(address)
    with CaptureQueriesContext(connection) as few:
        panel.get(address)
    for number in range(20):
        other = Scene.objects.create(account=scene.account, name=f"s{number}", state=SceneState.READY)
        Job.objects.create(account=scene.account, scene=other, name=f"j{number}", problem={"id": "task_vanished"})

    with CaptureQueriesContext(connection) as many:
        answer = panel.get(address)

    assert answer.status_code == 200
    assert len(many) == len(few)


def test_a_problem_is_read_in_words_and_searched_by_e_mail(panel, job):
    Job.objects.update(problem={"id": "task_vanished"})

    page = panel.get("/admin/jobs/job/?q=alice@example.org").content.decode()

    assert "The farm no longer knows this render: it was deleted there." in page


def test_an_operator_cancels_a_render(panel, job):
    panel.post("/admin/jobs/job/", {"action": "cancel", "_selected_action": [str(job.pk)]})

    job.refresh_from_db()
    assert job.state == JobState.CANCELLING


def test_a_refusal_is_shown(panel, job):
    Job.objects.update(state=JobState.COMPLETED)

    answer = panel.post("/admin/jobs/job/", {"action": "cancel", "_selected_action": [str(job.pk)]}, follow=True)

    assert "This render is done already." in answer.content.decode()


def test_rows_are_the_domains_to_write(panel, job):
    assert panel.post(f"/admin/jobs/job/{job.pk}/change/", {"state": "completed"}).status_code == 403
