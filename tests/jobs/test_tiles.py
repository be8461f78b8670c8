"""A picture in tiles: machines render parts of it, one joins them, and the artist counts pictures."""

import pytest
from django.template.loader import render_to_string

from jobs.domain import lifecycle, submission
from jobs.domain.headline import headline
from jobs.domain.orders import Order
from jobs.enums import FrameState, JobState
from jobs.models import FarmInstance
from tests.jobs.test_sync import landed, opened, polled

pytestmark = pytest.mark.usefixtures("store")

FOUR = {"frameId": 12, "tileSide": 2}
JOIN = 64
"""12 × 5 + 4: the last part of frame 12."""


@pytest.fixture
def tiled(scene, farm):
    """Frames 12 and 13 of alice's scene, each in four tiles."""
    job = submission.order(scene, Order("blender-4.5", "12,13", {"BLEND_SLICING": "2"}))
    submission.submit(job)
    job.refresh_from_db()
    return job


def state_of(job, number):
    return job.frame_set.get(number=number).state


def card_of(job, instance_id):
    instance = job.instances.get(instance_id=instance_id)
    return render_to_string("jobs/parts/machine.html", {"job": job, "instance": instance})


def test_the_order_of_tiles_reaches_the_farm_as_a_constant(tiled, farm):
    assert farm.only_task().order.constants["BLEND_SLICING"] == "2"
    assert farm.only_task().order.ranges == "12-13"
    assert tiled.frame_count == 2


def test_a_frame_is_rendering_while_its_tiles_are(tiled, farm):
    farm.runs(farm.only_task(), 62, part=2, **FOUR)

    polled(tiled)

    assert (state_of(tiled, 12), state_of(tiled, 13)) == (FrameState.RENDERING, FrameState.WAITING)
    assert "Tile 3 of 4 of frame 12" in card_of(tiled, 62)


def test_a_frame_between_two_tiles_is_still_rendering_and_not_done(tiled, farm):
    farm.runs(farm.only_task(), 61, part=1, **FOUR)
    farm.ends(farm.only_task(), 60, part=0, **FOUR)
    landed(tiled, 12)  # an old file of that name

    polled(tiled)

    assert state_of(tiled, 12) == FrameState.RENDERING
    assert tiled.frames_done_count == 0


def test_the_one_that_joins_says_so(tiled, farm):
    farm.runs(farm.only_task(), JOIN, part=4, **FOUR)

    polled(tiled)

    card = card_of(tiled, JOIN)
    assert "Joining frame 12" in card
    assert "putting the tiles together" in card


def test_a_frame_is_done_when_the_joined_picture_landed(tiled, farm):
    task = farm.only_task()
    for part in range(5):
        farm.ends(task, 60 + part, part=part, **FOUR)
    task.state = "FullyExecuting"
    landed(tiled, 12)

    polled(tiled)

    assert (state_of(tiled, 12), state_of(tiled, 13)) == (FrameState.DONE, FrameState.WAITING)
    assert headline(tiled).sentence == "Rendering: 1 of 2 frames."


def test_a_join_that_failed_fails_the_frame_and_a_late_tile_does_not_revive_it(tiled, farm):
    task = farm.only_task()
    farm.ends(task, JOIN, part=4, state="Failure", message="Tile 2 of 4 could not be rendered.", **FOUR)
    farm.runs(task, 61, part=1, **FOUR)
    polled(tiled)
    assert state_of(tiled, 12) == FrameState.FAILED

    farm.runs(task, 61, part=1, progress=80.0, **FOUR)
    polled(tiled)

    frame = tiled.frame_set.get(number=12)
    assert (frame.state, frame.problem["message"]) == (FrameState.FAILED, "Tile 2 of 4 could not be rendered.")


def test_a_tile_handed_out_again_leaves_its_frame_waiting(tiled, farm):
    task = farm.only_task()
    farm.runs(task, 60, part=0, **FOUR)
    polled(tiled)
    task.running.clear()

    polled(tiled)

    assert state_of(tiled, 12) == FrameState.WAITING


def test_only_the_missing_picture_is_ordered_again_with_all_its_tiles(tiled, farm):
    task = farm.only_task()
    for part in range(5):
        farm.ends(task, 60 + part, part=part, **FOUR)
    farm.ends(task, 69, part=4, frameId=13, tileSide=2, state="Failure", message="A tile failed.")
    farm.ends(task, 65, part=0, frameId=13, tileSide=2)
    landed(tiled, 12)
    polled(tiled)
    opened(tiled)
    task.state = "Failure"
    polled(tiled)
    assert tiled.state == JobState.FAILED

    submission.render_failed_again(tiled)
    submission.submit(tiled)

    again = next(one for one in farm.tasks.values() if one is not task)
    assert (again.order.ranges, again.order.constants["BLEND_SLICING"]) == ("13", "2")
    phases = FarmInstance.objects.filter(job=tiled, frame=13).values_list("phase", flat=True)
    assert set(phases) == {"waiting"}


def test_a_cancelled_task_leaves_no_frame_rendering(tiled, farm):
    task = farm.only_task()
    farm.runs(task, 60, part=0, **FOUR)
    polled(tiled)
    lifecycle.cancel(tiled)
    task.running.clear()
    for part in range(5):
        farm.ends(task, 60 + part, part=part, state="Cancelled", **FOUR)
    task.state = "Cancelled"

    polled(tiled)

    assert tiled.state == JobState.CANCELLED
    assert state_of(tiled, 12) == FrameState.CANCELLED
