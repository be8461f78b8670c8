"""Where heat is wanted, and that new work goes there first."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from farm import heat, line, scheduler
from farm.models import Site, Task
from tests.node.conftest import make_node


@pytest.fixture
def lyon(db):
    """A machine in Lyon, where heat is wanted."""
    site = Site.objects.create(name="lyon", place="Lyon", heat_wish=Site.HeatWish.NOW)
    machine = make_node("lyon-1")
    machine.site = site
    machine.save()
    return machine


@pytest.mark.parametrize(
    ("hours", "moment", "is_wanted"),
    [
        ("mon-fri 6-9", "2026-11-27 06:00", True),
        ("mon-fri 6-9", "2026-11-27 09:00", False),
        ("mon-fri 6-9, sat-sun 8:30-23", "2026-11-28 08:30", True),
        ("sat-sun 8:30-23", "2026-11-28 08:29", False),
        ("fri 22-6", "2026-11-28 05:59", True),
        ("fri 22-6", "2026-11-27 05:59", False),
        ("fri-mon 0-24", "2026-11-29 12:00", True),
    ],
)
def test_heating_hours(hours, moment, is_wanted):
    site = Site(name="lyon", heat_wish=Site.HeatWish.HOURS, heating_hours=hours)

    assert heat.is_wanted(site, datetime.fromisoformat(moment).replace(tzinfo=UTC)) == is_wanted


def test_heating_hours_are_those_of_the_sites_own_clock():
    site = Site(name="lyon", heat_wish=Site.HeatWish.HOURS, heating_hours="fri 6-9", time_zone="Europe/Paris")

    assert heat.is_wanted(site, datetime(2026, 11, 27, 5, 30, tzinfo=UTC))


@pytest.mark.parametrize("hours", ["", "funday 6-9", "mon 25-26", "mon-fri", "6-9"])
def test_heating_hours_that_say_nothing_are_refused_in_a_sentence(hours):
    with pytest.raises(ValidationError) as refused:
        heat.check(Site(name="lyon", heat_wish=Site.HeatWish.HOURS, heating_hours=hours))

    assert "heating_hours" in refused.value.message_dict


def test_new_work_is_left_to_an_idle_machine_where_heat_is_wanted(alice, node, lyon, order):
    order(alice, [1])

    assert scheduler.claim(node, "0") is None
    taken = scheduler.claim(lyon, "0").instance
    assert (taken.node, type(taken).objects.get().is_heating) == (None, True) or taken.task.account == alice
    assert Task.objects.get().instances.get().is_heating


def test_what_is_too_much_for_the_warm_sites_begins_everywhere_at_once(alice, node, lyon, order):
    order(alice, [1, 2])

    assert scheduler.claim(node, "0") is not None


def test_work_is_left_to_a_warm_site_for_some_seconds_only(alice, node, lyon, order):
    order(alice, [1], queued_at=timezone.now() - heat.HEAD_START - timedelta(seconds=1))

    assert scheduler.claim(node, "0") is not None


def test_a_warm_site_whose_machine_does_not_fit_keeps_nobody_waiting(alice, node, lyon, order):
    lyon.profiles = ["povray-3.7"]
    lyon.save()
    order(alice, [1])

    assert scheduler.claim(node, "0") is not None


def test_a_busy_machine_at_a_warm_site_keeps_nobody_waiting(alice, node, lyon, order):
    order(alice, [1])
    scheduler.claim(lyon, "0")
    order(alice, [2])

    assert scheduler.claim(node, "0") is not None


def test_who_waits_for_a_warm_site_is_told_its_town(alice, node, lyon, order):
    task = order(alice, [1])

    wait = line.why_task_waits(task)

    assert (wait.code, wait.sentence) == (
        line.WaitsFor.HEAT,
        "A machine in Lyon, where heat is wanted, takes it in a moment.",
    )
