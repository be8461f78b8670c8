"""An order is a row first; the farm gets it once, whatever is lost on the way."""

import pytest
from django.db import OperationalError
from django.utils import timezone

from jobs import farms
from jobs.domain import lifecycle, submission
from jobs.domain.orders import Order, OrderRefused
from jobs.enums import FrameState, JobState
from jobs.models import FarmPoller, Job


def submitted(job):
    Job.objects.filter(pk=job.pk).update(next_poll_at=timezone.now())
    submission.submit(job)
    job.refresh_from_db()
    return job


def test_an_order_is_handed_over_as_the_farm_reads_it(job, farm):
    order = farm.only_task().order

    assert job.state == JobState.WAITING
    assert job.farm_task_uuid == farm.only_task().uuid
    assert (order.profile, order.ranges, order.shortname) == ("blender-4.5", "1-3", f"{job.pk}-1")
    assert order.constants == {"BLEND_FILE": "basalt.blend"}
    assert order.resources == [farms.Resource("scenes", f"{job.scene_id}/", f"{job.scene_id}/")]
    assert order.result_bucket == f"render-{job.pk}"


def test_what_was_chosen_reaches_the_engine(scene, farm):
    chosen = {"BLEND_CAMERA": "Camera", "BLEND_RATIO": "25", "BLEND_CYCLES_SAMPLES": "8", "BLEND_FORMAT": "EXR"}
    wanted = Order("blender-5.2", "1,5", {**chosen, "BLEND_VIEW_LAYER": "", "OF_NOBODY": "x"})

    submission.submit(submission.order(scene, wanted))

    assert farm.only_task().order.constants == {
        "BLEND_FILE": "basalt.blend",
        "BLEND_FORMAT": "EXR",
        "BLEND_CYCLES_SAMPLES": "8",
        "BLEND_RATIO": "25",
        "BLEND_CAMERA": "Camera",
    }


def test_every_wrong_field_is_said_at_once(scene):
    wrong = Order(
        "blender-4.5",
        "ten",
        {"BLEND_CAMERA": "Nobody", "BLEND_RATIO": "0", "BLEND_CYCLES_SAMPLES": "many", "BLEND_FORMAT": "MP4"},
    )

    with pytest.raises(OrderRefused) as refusal:
        submission.order(scene, wrong)

    assert refusal.value.errors == {
        "frames": "“ten” is not a frame or a range. Write for example 5, 1-10 or 20-160x20.",
        "blend_camera": "The scene has nothing named “Nobody” to choose here.",
        "blend_ratio": "Between 1 and 1,000 %.",
        "blend_cycles_samples": "This is a whole number.",
        "blend_format": "Choose one of PNG, ready to look at, EXR, for grading, JPEG, small.",
    }
    assert not Job.objects.exists()


def test_submitting_twice_makes_one_task(ordered, farm):
    submission.submit(ordered)
    submission.submit(ordered)

    assert len(farm.tasks) == 1


def test_an_answer_that_was_lost_does_not_double_the_task(ordered, farm):
    farm.loses_answers = True
    submitted(ordered)
    farm.loses_answers = False

    job = submitted(ordered)

    assert job.state == JobState.WAITING
    assert job.farm_task_uuid == farm.only_task().uuid


def test_a_farm_that_is_down_gets_the_order_later(ordered, farm):
    farm.is_down = True
    job = submitted(ordered)

    assert job.state == JobState.SUBMITTING
    assert job.next_poll_at > timezone.now()
    assert FarmPoller.objects.get().farm_down_since


@pytest.mark.parametrize(
    ("words", "problem"),
    [("This account has no hours left.", "no_hours_left"), ("No such profile: blender-9", "farm_refused")],
)
def test_a_refusal_is_said_in_words(ordered, farm, words, problem):
    farm.refusal = words

    job = submitted(ordered)

    assert (job.state, job.problem["id"]) == (JobState.FAILED, problem)


def test_cancelled_before_the_farm_had_it_never_reaches_the_farm(ordered, farm):
    lifecycle.cancel(ordered)

    submission.cancel_on_farm(ordered)

    ordered.refresh_from_db()
    assert ordered.state == JobState.CANCELLED
    assert farm.tasks == {}
    assert set(ordered.frame_set.values_list("state", flat=True)) == {FrameState.CANCELLED}


def test_cancelled_while_the_answer_was_lost_is_stopped_on_the_farm(ordered, farm):
    farm.loses_answers = True
    submitted(ordered)
    farm.loses_answers = False
    lifecycle.cancel(ordered)

    submission.cancel_on_farm(ordered)

    assert farm.only_task().state == "PendingCancel"


def test_a_cancelled_render_cannot_be_cancelled_again(ordered, farm):
    lifecycle.cancel(ordered)
    submission.cancel_on_farm(ordered)
    ordered.refresh_from_db()

    with pytest.raises(lifecycle.ForbiddenMove) as refusal:
        lifecycle.cancel(ordered)

    assert str(refusal.value) == "This render is cancelled already."


def test_a_move_loses_against_one_that_was_first(job):
    stale = Job.objects.get(pk=job.pk)
    lifecycle.move(job, JobState.RENDERING)

    with pytest.raises(lifecycle.JobMovedMeanwhile):
        lifecycle.move(stale, JobState.COMPLETED)

    job.refresh_from_db()
    assert job.state == JobState.RENDERING


def test_what_nobody_foresaw_is_tried_again_for_a_while_and_then_said(ordered, farm, monkeypatch):
    def stumbles(job):
        raise KeyError("uuid")

    monkeypatch.setattr(submission, "_task_order", stumbles)
    assert submitted(ordered).state == JobState.SUBMITTING

    Job.objects.update(state_changed_at=timezone.now() - submission.UNFORESEEN_FOR_AT_MOST)

    job = submitted(ordered)
    assert (job.state, job.problem["id"]) == (JobState.FAILED, "not_handed_over")


def test_a_database_that_is_busy_fails_no_render_however_long_its_files_were_on_their_way(ordered, farm, monkeypatch):
    def locked(job):
        raise OperationalError("database is locked")

    monkeypatch.setattr(submission, "_task_order", locked)
    Job.objects.update(state_changed_at=timezone.now() - 2 * submission.UNFORESEEN_FOR_AT_MOST)

    assert submitted(ordered).state == JobState.SUBMITTING
