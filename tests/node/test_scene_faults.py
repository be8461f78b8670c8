"""When a scene is given up, and what is said of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from farm import scheduler, tiles
from farm.engines import endings
from farm.models import Attempt, Instance, Task
from farm.node import reports
from jobs.problems.of_jobs import remedy_for
from tests.node.conftest import make_node
from tests.node.ended import ERROR, NO_CAMERA, fail, fail_for_good, succeed


def test_the_same_error_from_every_attempt_stops_the_task_early_and_says_so(alice, node, other, order):
    task = order(alice, range(1, 251))
    for machine in (node, other, node):
        fail(machine)

    task.refresh_from_db()
    assert (task.state, Attempt.objects.count()) == ("Failure", 3)
    assert task.errors[0]["message"].startswith(
        "Frame 1 failed 3 times on 2 machines with the same error, so the rest was not tried: The camera is missing."
    )


def test_different_errors_are_no_fault_of_the_scene(alice, node, order):
    task = order(alice, [1, 2])
    for message in ("The camera is missing.", "Out of memory.", "The camera is missing."):
        fail(node, message)

    assert task.instances.get(instance_id=2).state == "waiting"


def test_the_same_error_on_machines_of_other_sizes_is_the_same(alice, node, other, order):
    task = order(alice, range(1, 251))
    for machine, memory_mb in ((node, 16_384), (other, 65_536), (node, 16_384)):
        fail(machine, endings.explain(137, [], "Blender", "CYCLES", memory_mb)[1])

    task.refresh_from_db()
    assert (task.state, Attempt.objects.count()) == ("Failure", 3)


def test_a_number_in_a_files_name_makes_another_error(alice, node, order):
    task = order(alice, [1, 2])
    for message in ("“sky_0001.png” is broken.", "“sky_0002.png” is broken.", "“sky_0001.png” is broken."):
        fail(node, message)

    assert task.instances.get(instance_id=2).state == "waiting"


def test_three_frames_that_fail_for_good_with_the_same_error_stop_the_film_and_the_error_is_told(alice, node, order):
    task = order(alice, range(1, 251))
    for _ in range(3):
        fail_for_good(node)

    task.refresh_from_db()
    said = "Frames 1-3 failed with the same error, so the rest was not tried: The scene has no camera."
    assert (task.state, Attempt.objects.count()) == ("Failure", 3)
    assert task.instances.get(instance_id=250).error == {"code": "SCENE_FAILS", "message": said, "debug": ""}
    assert task.instances.get(instance_id=1).error == NO_CAMERA
    assert "Add a camera" in remedy_for(said, makes_pictures=True)


def test_two_frames_that_fail_for_good_do_not_stop_the_film_yet(alice, node, order):
    task = order(alice, range(1, 251))
    for _ in range(2):
        fail_for_good(node)

    assert task.instances.filter(state="waiting").count() == 248


@pytest.mark.parametrize("ends", [succeed, fail, lambda node: fail_for_good(node, error=ERROR)])
def test_frames_that_fail_for_good_stop_no_film_of_which_another_frame_ended_otherwise(alice, node, order, ends):
    task = order(alice, range(1, 251), max_attempts=1)
    ends(node)
    for _ in range(4):
        fail_for_good(node)

    assert task.instances.filter(state="waiting").count() == 245


def test_a_still_picture_in_tiles_is_stopped_by_three_of_them(alice, node, db):
    side = 8
    count = tiles.parts_of_frame(side)
    task = Task.objects.create(
        account=alice, shortname="still", profile="blender-4.5", total_instance_count=count, tile_side=side
    )
    Instance.objects.bulk_create(tiles.instances_of(task, [7]))
    for _ in range(3):
        fail_for_good(node)

    task.refresh_from_db()
    assert (task.state, Attempt.objects.count()) == ("Failure", 3)
    assert task.errors[0]["message"].startswith("Tiles of frame 7 failed with the same error, so the rest")


def test_three_tiles_of_one_frame_do_not_stop_a_film_in_tiles(alice, node, order):
    task = order(alice, range(1, 251))
    task.instances.filter(instance_id__lte=3).update(frame=1)
    for _ in range(3):
        fail_for_good(node)

    assert task.instances.filter(state="waiting").count() == 247


def test_final_errors_of_other_software_stop_only_themselves(alice, order, db):
    machine = make_node("own", profiles=["docker-batch"])
    task = order(alice, range(5), profile="docker-batch")
    for _ in range(3):
        fail_for_good(machine)

    assert task.instances.filter(state="waiting").count() == 2


def test_one_bad_frame_of_a_film_that_renders_stops_only_itself(alice, node, order):
    task = order(alice, [1, 2, 3])
    succeed(node)
    for _ in range(3):
        fail(node)

    assert [task.instances.get(instance_id=frame).state for frame in (1, 2, 3)] == ["success", "failure", "waiting"]


def test_instances_of_other_software_are_each_a_command_of_their_own(alice, order, db):
    machine = make_node("own", profiles=["docker-batch"])
    task = order(alice, [0, 1], profile="docker-batch")
    for _ in range(3):
        fail(machine)

    assert task.instances.get(instance_id=1).state == "waiting"


def test_what_renders_when_the_task_is_stopped_is_not_tried_again(alice, node, other, order):
    task = order(alice, range(1, 10))
    running = scheduler.claim(other, "1")
    for _ in range(3):
        attempt = scheduler.claim(node, "0")
        Attempt.objects.filter(pk=attempt.pk).update(node=node)
        reports.failed(attempt, ERROR)
        second_tries_over()
    reports.failed(running, {**ERROR, "message": "It broke."})

    task.refresh_from_db()
    assert (task.state, running.instance.attempts.count()) == ("Failure", 1)


def second_tries_over():
    Attempt.objects.exclude(ended_at=None).update(ended_at=timezone.now() - timedelta(hours=1))
