"""No work rests on a message: the sweep finds by their rows what is due."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core.cache import cache
from django.utils import timezone

from jobs.domain import sweep
from jobs.enums import FrameState, JobState, SceneState, UploadState
from jobs.models import Job, Scene

LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """What a sweep sends, once its transaction is over."""

    def sweep_now():
        messages = []
        cache.clear()
        monkeypatch.setattr(
            current_app, "send_task", lambda name, arguments, **_: messages.append((name.split(".")[-1], *arguments))
        )
        with django_capture_on_commit_callbacks(execute=True):
            sweep.sweep()
        return messages

    return sweep_now


def test_an_order_whose_message_was_lost_is_submitted(ordered, sent):
    Job.objects.update(next_poll_at=LONG_AGO)

    assert ("submit_job", str(ordered.pk)) in sent()


def test_an_account_with_a_job_that_is_due_is_asked_about(job, sent):
    Job.objects.update(next_poll_at=LONG_AGO)

    assert sent() == [("poll_account", str(job.account_id), "studio")]


def test_a_check_whose_worker_was_lost_begins_again(scene, sent):
    Scene.objects.update(state=SceneState.CHECKING, due_at=LONG_AGO)

    assert sent() == [("check_scene", str(scene.pk))]


def test_a_scene_that_lacks_only_blenders_word_is_settled(scene, sent):
    Scene.objects.update(due_at=LONG_AGO)

    sent()

    scene.refresh_from_db()
    assert scene.due_at is None and scene.checked_at


def test_frames_nobody_opens_are_opened(job, sent):
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    job.frame_set.filter(number=1).update(state=FrameState.DONE, key="0001.png", landed_at=a_minute_ago)
    Job.objects.update(next_poll_at=None)

    assert sent() == [("open_pictures", str(job.pk))]


def test_frames_that_could_not_be_opened_for_long_are_left_without_a_preview(job, sent):
    job.frame_set.filter(number=1).update(state=FrameState.DONE, key="0001.png", landed_at=LONG_AGO)
    Job.objects.update(next_poll_at=None)

    assert sent() == []


def test_a_scene_nobody_put_anything_into_is_forgotten(scene, alice, sent):
    Scene.objects.create(account=alice, name="empty", created_at=LONG_AGO)
    begun = Scene.objects.create(account=alice, name="begun", created_at=LONG_AGO)
    begun.uploads.create(path="a.blend", size_bytes=1, part_size_bytes=1, state=UploadState.COMPLETED)

    sent()

    assert set(Scene.objects.values_list("name", flat=True)) == {"basalt", "begun"}


def test_what_is_over_is_left_alone(job, sent):
    Job.objects.update(state=JobState.COMPLETED, next_poll_at=None)

    assert sent() == []


def test_a_redis_that_is_down_stops_no_sweep(ordered, settings, monkeypatch, django_capture_on_commit_callbacks):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }

    def unreachable(*_, **__):
        raise ConnectionError("refused")

    monkeypatch.setattr(current_app, "send_task", unreachable)
    Job.objects.update(next_poll_at=timezone.now())

    with django_capture_on_commit_callbacks(execute=True):
        sweep.sweep()

    assert Job.objects.get().state == JobState.SUBMITTING
