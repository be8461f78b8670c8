"""Tasks ordered by a script stand beside those ordered in the browser."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tokens import make_token
from jobs import farms
from jobs.domain import discovery, poller
from jobs.enums import FrameState, JobState
from jobs.models import FarmPoller, Job

ORDER = farms.TaskOrder("by script", "turntable", "blender-4.5", "1-3,7", {}, [farms.Resource("IN")], "OUT")


def discovered(account):
    discovery.ask_for(account)
    FarmPoller.objects.update(discover_at=timezone.now())
    poller.take_turn(account)


@pytest.fixture
def task(alice, farm):
    uuid = farm.of(alice).submit(ORDER)
    return farm.tasks[uuid]


def test_a_scripts_task_becomes_a_render(alice, task, store):
    discovered(alice)

    job = Job.objects.get()
    assert (job.account, job.scene, job.name, job.farm_task_uuid) == (alice, None, "by script", task.uuid)
    assert list(job.frame_set.values_list("number", flat=True)) == [1, 2, 3, 7]
    assert (job.result_bucket, job.state) == ("OUT", JobState.WAITING)


def test_it_is_found_once(alice, task, store):
    discovered(alice)
    discovered(alice)

    assert Job.objects.count() == 1


def test_what_was_ordered_in_the_browser_is_not_found_again(job, farm):
    discovered(job.account)

    assert Job.objects.count() == 1


def test_charlies_tasks_are_not_alices(alice, charlie, farm):
    farm.of(charlie).submit(ORDER)

    discovered(alice)

    assert not Job.objects.exists()


def test_a_scripts_task_is_done_when_the_farm_says_so(alice, farm, task, store):
    farm.ends(task, 1, 2, 3, 7)
    task.state = "Success"
    task.text["stdout"] = " 1> Saved\n"

    discovered(alice)

    job = Job.objects.get()
    assert (job.state, job.line_count) == (JobState.COMPLETED, 1)
    assert set(job.frame_set.values_list("state", flat=True)) == {FrameState.DONE}


def test_whoever_used_a_token_lately_is_asked_about(alice, bob, charlie):
    for account, used in [(alice, timedelta(seconds=5)), (bob, timedelta(hours=1))]:
        row, _ = make_token(account, "script")
        type(row).objects.filter(pk=row.pk).update(last_used_at=timezone.now() - used)

    discovery.ask_for_scripting_accounts()

    assert list(FarmPoller.objects.filter(discover_at__isnull=False).values_list("account", flat=True)) == [alice.pk]


def test_more_tasks_than_a_page_holds_are_all_found(alice, farm, store):
    for number in range(120):
        farm.of(alice).submit(replace(ORDER, shortname=f"turntable {number}"))

    discovered(alice)

    assert Job.objects.count() == 120
    assert FarmPoller.objects.get().discover_at is None


def test_a_farm_that_was_down_is_looked_at_again(alice, farm, task, store):
    farm.is_down = True
    discovered(alice)
    farm.is_down = False
    assert FarmPoller.objects.get().discover_at

    discovered(alice)

    assert Job.objects.count() == 1
