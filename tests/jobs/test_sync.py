"""What the farm says becomes rows: states, machines, frames, the end."""

import pytest
from django.utils import timezone

from jobs.buckets import bucket_of
from jobs.domain import lifecycle, poller, submission, sync
from jobs.domain.headline import headline
from jobs.domain.orders import Order
from jobs.enums import FrameState, JobState
from jobs.models import FarmPoller, Frame, Job

pytestmark = pytest.mark.usefixtures("store")


def polled(job):
    """Asked once more, with every picture opened that landed."""
    Job.objects.filter(pk=job.pk, next_poll_at__isnull=False).update(next_poll_at=timezone.now())
    sync.poll(job.account)
    job.refresh_from_db()
    return job


def landed(job, *numbers):
    bucket = bucket_of(job.account, job.result_bucket)
    for number in numbers:
        bucket.put(f"{number:04}.png", b"a picture")


def opened(job):
    Frame.objects.filter(job=job).exclude(key="").update(width=320, height=180)


def test_a_running_instance_is_seen_with_its_machine(job, farm):
    farm.runs(farm.only_task(), 1, progress=40.0)

    polled(job)

    machine = job.instances.get()
    assert (machine.phase, machine.progress, machine.node, machine.cpu_model) == ("execution", 40.0, "node-1", "EPYC")
    assert job.state == JobState.RENDERING
    assert job.frame_set.get(number=1).state == FrameState.RENDERING


def test_nothing_new_changes_no_revision(job, farm):
    farm.runs(farm.only_task(), 1)
    revision = polled(job).revision

    assert polled(job).revision == revision


def test_a_frame_is_there_as_soon_as_its_file_is(job, farm):
    farm.runs(farm.only_task(), 2)
    farm.ends(farm.only_task(), 1)
    landed(job, 1)

    polled(job)

    frame = job.frame_set.get(number=1)
    assert (frame.state, frame.key, frame.size_bytes) == (FrameState.DONE, "0001.png", 9)
    assert (job.frames_done_count, job.used_seconds) == (1, 2.0)


def test_an_old_file_in_the_bucket_is_not_taken_for_a_frame(job, farm):
    landed(job, 2)
    farm.runs(farm.only_task(), 1)

    polled(job)

    assert job.frame_set.get(number=2).key == ""


def test_an_instance_the_farm_handed_out_again_waits_again(job, farm):
    task = farm.only_task()
    farm.runs(task, 1)
    polled(job)
    task.running.clear()

    polled(job)

    assert job.instances.get().phase == "waiting"
    assert job.frame_set.get(number=1).state == FrameState.WAITING


def test_done_is_said_only_when_every_picture_was_opened(job, farm):
    task = farm.only_task()
    farm.ends(task, 1, 2, 3)
    task.state = "Success"
    landed(job, 1, 2, 3)

    assert polled(job).state != JobState.COMPLETED

    opened(job)
    assert polled(job).state == JobState.COMPLETED
    assert job.next_poll_at is None


def test_a_frame_that_did_not_come_back_is_said(job, farm):
    task = farm.only_task()
    farm.ends(task, 1, 2, 3)
    task.state = "Success"
    landed(job, 1, 3)
    polled(job)
    opened(job)

    polled(job)

    assert (job.state, job.problem) == (JobState.FAILED, {"id": "frames_missing", "count": 1, "frames": "2"})
    assert headline(job).sentence == "Frame 2 did not come back, although the farm said it was rendered."


def test_what_the_farm_says_of_a_failure_reaches_the_artist(job, farm):
    task = farm.only_task()
    farm.ends(task, 1, 2)
    farm.ends(task, 3, state="Failure", message="Blender ran out of memory.")
    task.state = "Failure"
    task.errors = [{"code": "x", "message": "Blender ran out of memory. (instances 2)", "debug": ""}]
    landed(job, 1, 2)
    polled(job)
    opened(job)

    polled(job)

    assert (job.state, job.problem["id"], job.frames_failed_count) == (JobState.FAILED, "frames_failed", 1)
    said = headline(job)
    assert said.sentence == "Frame 3 could not be rendered. The farm said: Blender ran out of memory."
    assert said.next_step.startswith("Lower the resolution percent")


def test_failed_frames_are_rendered_again_and_the_others_kept(job, farm):
    test_what_the_farm_says_of_a_failure_reaches_the_artist(job, farm)

    submission.render_failed_again(job)
    submission.submit(job)

    again = [task for task in farm.tasks.values() if task.order.shortname == f"{job.pk}-2"]
    assert [task.order.ranges for task in again] == ["3"]
    assert set(job.frame_set.values_list("number", "state")) == {(1, "done"), (2, "done"), (3, "waiting")}


def test_a_frame_rendered_again_lands_beside_the_others(job, farm):
    test_failed_frames_are_rendered_again_and_the_others_kept(job, farm)
    again = next(task for task in farm.tasks.values() if task.order.shortname == f"{job.pk}-2")
    farm.ends(again, 3)
    again.state = "Success"
    landed(job, 3)
    polled(job)
    opened(job)

    polled(job)

    assert (job.state, job.frames_done_count, job.frames_failed_count) == (JobState.COMPLETED, 3, 0)


def test_a_job_that_makes_trouble_delays_no_other(job, scene, farm, caplog):
    other = submission.order(scene, Order(profile="blender-4.5", frames="1", name="other"))
    submission.submit(other)
    for task in farm.tasks.values():
        farm.runs(task, 1)
    farm.tasks[job.farm_task_uuid].running[1]["instanceId"] = 10**30

    polled(other)

    assert other.instances.get().phase == "execution"
    assert "could not be brought up to date" in caplog.text


def test_there_is_nothing_to_render_again_when_all_is_here(job, farm):
    test_done_is_said_only_when_every_picture_was_opened(job, farm)

    with pytest.raises(lifecycle.ForbiddenMove) as refusal:
        submission.render_failed_again(job)

    assert str(refusal.value) == "Every frame is here; there is nothing to render again."


def test_cancelling_keeps_what_is_there(job, farm):
    task = farm.only_task()
    farm.ends(task, 1)
    farm.runs(task, 2)
    landed(job, 1)
    polled(job)
    opened(job)

    lifecycle.cancel(job)
    submission.cancel_on_farm(job)
    task.running.clear()
    task.state = "Cancelled"
    polled(job)

    assert job.state == JobState.CANCELLED
    assert dict(job.frame_set.values_list("number", "state")) == {1: "done", 2: "cancelled", 3: "cancelled"}


def test_a_farm_that_is_down_fails_no_job(job, farm):
    farm.is_down = True

    Job.objects.update(next_poll_at=timezone.now())
    poller.take_turn(job.account)

    job.refresh_from_db()
    assert job.state == JobState.WAITING
    assert job.next_poll_at > timezone.now()
    assert headline(job).next_step.startswith("The farm has not answered for")

    farm.is_down = False
    Job.objects.update(next_poll_at=timezone.now())
    poller.take_turn(job.account)
    assert FarmPoller.objects.get().farm_down_since is None


def test_a_task_that_was_deleted_on_the_farm_is_said(job, farm):
    farm.tasks.clear()

    polled(job)

    assert (job.state, job.problem) == (JobState.FAILED, {"id": "task_vanished"})


def test_a_word_nobody_knows_changes_nothing_but_is_kept(job, farm):
    farm.only_task().state = "Levitating"

    polled(job)

    assert (job.state, job.farm_state) == (JobState.WAITING, "Levitating")


def test_one_poller_at_a_time_asks_for_an_account(job, farm):
    now = timezone.now()
    FarmPoller.objects.create(account=job.account, leased_until=now + poller.LEASE)
    farm.runs(farm.only_task(), 1)
    Job.objects.update(next_poll_at=now)

    poller.take_turn(job.account)

    assert not job.instances.exists()


def test_a_cancelling_the_farm_never_confirms_has_an_end(job, farm):
    lifecycle.cancel(job)
    Job.objects.update(state_changed_at=timezone.now() - 2 * lifecycle.CANCELLING_FOR_AT_MOST)

    lifecycle.give_up_cancelling()

    job.refresh_from_db()
    assert (job.state, job.problem["id"]) == (JobState.CANCELLED, "cancel_took_long")


def test_a_thousand_frames_that_fail_of_one_thing_cost_few_queries(job, farm, django_assert_max_num_queries):
    Frame.objects.bulk_create([Frame(job=job, number=number) for number in range(4, 1001)])
    farm.ends(farm.only_task(), *range(1, 1001), state="Failure", message="Blender ran out of memory.")

    with django_assert_max_num_queries(60):
        polled(job)

    failed = job.frame_set.filter(state=FrameState.FAILED, problem__message="Blender ran out of memory.")
    assert failed.count() == 1000


def test_a_poller_that_lost_its_lease_asks_no_further(job, farm):
    farm.runs(farm.only_task(), 1)
    Job.objects.update(next_poll_at=timezone.now())
    old = FarmPoller.objects.create(account=job.account, lease_number=1)
    FarmPoller.objects.update(lease_number=2)

    sync.poll(job.account, memory={}, is_mine=lambda: poller._renew(old))

    assert not job.instances.exists()


def test_an_old_report_sets_nothing_back_that_ended_meanwhile(job, farm):
    farm.runs(farm.only_task(), 1)
    stale = Job.objects.get(pk=job.pk)
    lifecycle.cancel(job)
    lifecycle.end_as_cancelled(job)

    sync.poll_job(stale, farm.of(job.account), {})

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert set(job.frame_set.values_list("state", flat=True)) == {FrameState.CANCELLED}
    assert not job.instances.exists()


def test_why_the_farm_lets_it_wait_is_said_to_open_pages(job, farm):
    farm.only_task().waiting_reason = "No machine has Blender 4.5."
    before = polled(job).revision
    assert headline(job).next_step == "No machine has Blender 4.5."

    farm.only_task().waiting_reason = ""

    assert polled(job).revision > before
    assert headline(job).next_step.startswith("The first one that is free")
