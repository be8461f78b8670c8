"""Two clicks, or two people, at once: the second is told, never shown an error page."""

import pytest

from jobs.domain import lifecycle
from jobs.enums import FrameState, JobState
from jobs.models import Job
from jobs.views import pages_render


@pytest.mark.parametrize("wish", ["again", "cancel"])
def test_the_second_click_leads_back_to_the_render(client, job, monkeypatch, wish):
    lifecycle.fail(job, {"id": "task_vanished"})
    job.frame_set.update(state=FrameState.FAILED)
    as_both_saw_it = [Job.objects.get(pk=job.pk), Job.objects.get(pk=job.pk)]
    monkeypatch.setattr(pages_render, "_job", lambda request, job_id: as_both_saw_it.pop())
    client.force_login(job.account)

    answers = [client.post(f"/renders/{job.pk}/{wish}/") for _ in range(2)]

    assert [(answer.status_code, answer.url) for answer in answers] == [(302, job.get_absolute_url())] * 2
    job.refresh_from_db()
    assert job.submission_number == (2 if wish == "again" else 1)


def test_the_second_one_reads_what_happened(job):
    stale = Job.objects.get(pk=job.pk)
    lifecycle.move(job, JobState.RENDERING)

    with pytest.raises(lifecycle.JobMovedMeanwhile) as refusal:
        lifecycle.move(stale, JobState.COMPLETED)

    assert str(refusal.value) == "This render changed a moment ago. Look at it as it is now."
