"""Where nothing holds a scene, nothing of a stranger's is opened."""

import pytest
from django.utils import timezone

import sandbox
from jobs.buckets import bucket_of
from jobs.domain import pictures, scene_check, sync
from jobs.enums import FrameState, JobState, SceneState
from jobs.models import Job, Scene
from jobs.problems import explain

NOTE = "Open: nothing holds a scene on this machine. Install bubblewrap."


@pytest.fixture(autouse=True)
def open_machine(monkeypatch, settings, store):
    settings.SCENE_PROBE = ""
    monkeypatch.setattr(sandbox, "self_test", lambda: sandbox.SelfTest(sandbox.Tier.C, NOTE, {}))


def checked(account):
    scene = Scene.objects.create(account=account, name="s", state=SceneState.CHECKING, due_at=timezone.now())
    bucket_of(account, "scenes").put(f"{scene.pk}/a.blend", b"BLENDER-v405" + b"\xff" * 200)
    scene_check.check(scene)
    scene.refresh_from_db()
    return scene


def test_a_scene_is_refused_and_the_operators_part_is_said(alice):
    scene = checked(alice)

    said = explain(scene.problems[0])
    assert scene.state == SceneState.REFUSED
    assert said.sentence == "This server can't open scenes safely yet."
    assert said.remedy == f"Its operator must see to it: {NOTE}"


def test_an_operators_own_scene_is_read(operator):
    scene = checked(operator)

    assert [problem["id"] for problem in scene.problems] == ["damaged"]


def test_a_picture_is_done_without_a_preview(job, farm):
    task = farm.only_task()
    farm.ends(task, 1, 2, 3)
    task.state = "Success"
    for number in (1, 2, 3):
        bucket_of(job.account, job.result_bucket).put(f"000{number}.png", b"a picture")
    Job.objects.update(next_poll_at=timezone.now())

    sync.poll(job.account)
    pictures.open_landed(job)

    job.refresh_from_db()
    frame = job.frame_set.get(number=1)
    assert (job.state, frame.state, frame.width, frame.preview.name) == (JobState.COMPLETED, FrameState.DONE, 0, "")
