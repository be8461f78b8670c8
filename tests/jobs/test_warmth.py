"""Whose rooms a render warms: from the machines whose heat was wanted."""

import pytest

from jobs.domain import lifecycle
from jobs.domain.headline import headline
from jobs.enums import JobState
from tests.jobs.test_sync import landed, opened, polled

pytestmark = pytest.mark.usefixtures("store")

IN_LYON = {"place": "Lyon", "isHeating": True}
IN_GRENOBLE = {"place": "Grenoble", "isHeating": True}


def warmth(job):
    return headline(polled(job)).warmth_sentence


def test_a_render_names_the_town_it_warms(job, farm):
    farm.runs(farm.only_task(), 1, **IN_LYON)

    assert warmth(job) == "This render warms Lyon."


def test_a_render_names_every_town_it_warms(job, farm):
    farm.runs(farm.only_task(), 1, **IN_LYON)
    farm.runs(farm.only_task(), 2, **IN_GRENOBLE)

    assert warmth(job) == "This render warms Grenoble and Lyon."


def test_where_nobody_wants_the_heat_nothing_is_said_but_the_town_is_known(job, farm):
    farm.runs(farm.only_task(), 1, place="Lyon", isHeating=False)

    assert warmth(job) == ""
    assert job.instances.get().place == "Lyon"


def test_a_farm_that_says_nothing_of_heat_warms_nobody(job, farm):
    farm.runs(farm.only_task(), 1)

    assert warmth(job) == ""


def test_between_two_frames_the_town_stays_said(job, farm):
    farm.runs(farm.only_task(), 1, **IN_LYON)
    polled(job)
    farm.ends(farm.only_task(), 1, **IN_LYON)

    assert warmth(job) == "This render warms Lyon."


def test_a_town_that_wants_no_more_heat_is_said_no_more(job, farm):
    farm.runs(farm.only_task(), 1, **IN_LYON)
    polled(job)
    farm.ends(farm.only_task(), 1, **IN_LYON)
    polled(job)
    farm.runs(farm.only_task(), 2, place="Lyon", isHeating=False)

    assert warmth(job) == ""


def test_after_the_end_it_says_how_long_each_town_was_warmed(job, farm):
    task = farm.only_task()
    farm.ends(task, 1, seconds=600.0, **IN_LYON)
    farm.ends(task, 2, seconds=120.0, **IN_LYON)
    farm.ends(task, 3, seconds=180.0, **IN_GRENOBLE)
    task.state = "Success"
    landed(job, 1, 2, 3)
    polled(job)
    opened(job)

    assert warmth(job) == "This render warmed Grenoble for 3 minutes and Lyon for 12 minutes of machine time."
    assert job.state == JobState.COMPLETED


def test_a_cancelled_render_warmed_as_well(job, farm):
    farm.runs(farm.only_task(), 1, executionTimeSec=300.0, **IN_LYON)
    polled(job)
    lifecycle.end_as_cancelled(job)

    assert headline(job).warmth_sentence == "This render warmed Lyon for 5 minutes of machine time."


def test_a_frame_that_was_handed_back_stands_in_no_town(job, farm):
    farm.runs(farm.only_task(), 1, **IN_LYON)
    polled(job)
    farm.only_task().running.clear()

    assert warmth(job) == ""
    assert (job.instances.get().place, job.instances.get().is_heating) == ("", False)
