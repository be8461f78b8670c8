"""The carbon card: the farm's figures, asked for while somebody looks and at the end, summed up in words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.domain import carbon, lifecycle, submission
from jobs.domain.carbon_card import card, energy, weight
from jobs.enums import JobState
from jobs.models import CarbonFacts, Job
from tests.jobs.test_sync import landed, opened, polled

pytestmark = pytest.mark.usefixtures("store")


def told(hours=0.5, watts=40.0, grid=50.0, place="Lyon", there=214 * 1.58, **more):
    """As the built-in farm tells it."""
    watt_hours = hours * watts
    site = {"name": "home", "place": place, "hours": hours, "watts": watts, "isMeasured": True, "gridIntensity": grid}
    return {
        "total_consumed_energy_Wh": watt_hours,
        "qarnot_carbon_footprint": watt_hours * grid / 1000,
        "equivalent_datacenter_name": "average of the European Union",
        "equivalent_DC_carbon_footprint": watt_hours * there / 1000,
        "sites": [site],
        **more,
    }


@pytest.fixture
def watched(job):
    def looked_at(asked_ago=timedelta()):
        Job.objects.filter(pk=job.pk).update(watched_at=timezone.now())
        CarbonFacts.objects.update(asked_at=timezone.now() - asked_ago)
        return polled(job)

    return looked_at


def ends(job, farm):
    task = farm.only_task()
    farm.ends(task, 1, 2, 3)
    task.state = "Success"
    landed(job, 1, 2, 3)
    polled(job)
    opened(job)
    return polled(job)


def test_the_card_says_the_weight_the_energy_and_what_it_is_held_against(watched, farm):
    farm.only_task().carbon = told()

    said = card(watched())

    assert (said.weight, said.energy) == ("1.0 g", "20 Wh of electricity")
    assert said.comparison == (
        "5.8 g less than in a data centre (average of the European Union), which would have made 6.8 g."
    )


def test_less_than_a_milligram_is_compared_to_nothing(watched, farm):
    farm.only_task().carbon = told(hours=0.00005)

    assert card(watched()).comparison == ""


def test_the_card_says_what_its_figures_are_made_of(watched, farm):
    farm.only_task().carbon = told()

    assert card(watched()).sites == ["Lyon: 30 minutes × 40 W × 50 g a kWh = 1.0 g"]


def test_watts_that_nobody_measured_are_called_estimated(watched, farm):
    farm.only_task().carbon = told(place="")
    farm.only_task().carbon["sites"][0]["isMeasured"] = False

    assert card(watched()).sites == ["home: 30 minutes × 40 W (estimated) × 50 g a kWh = 1.0 g"]


def test_a_farm_that_is_the_dirtier_one_says_so(watched, farm):
    farm.only_task().carbon = told(grid=500)

    assert card(watched()).comparison.startswith("3.2 g more than in a data centre")


def test_before_the_first_frame_nothing_is_used_and_nothing_compared(watched, farm):
    farm.only_task().carbon = told(hours=0)

    said = card(watched())

    assert (said.weight, said.energy, said.comparison, said.sites) == ("0 g", "No electricity used yet", "", [])


def test_a_farm_that_knows_no_carbon_facts_has_no_card_and_is_not_asked_at_every_poll(watched, farm):
    job = watched()
    assert card(job) is None

    farm.only_task().carbon = told()

    assert card(watched()) is None
    assert card(watched(asked_ago=carbon.ASKED_EVERY)) is not None


def test_figures_by_the_names_of_qarnots_description_are_read_too(watched, farm):
    farm.only_task().carbon = {"totalConsumedEnergyWh": 20, "qarnotCarbonFootprint": 1}

    said = card(watched())

    assert (said.weight, said.energy, said.comparison, said.sites) == ("1.0 g", "20 Wh of electricity", "", [])


@pytest.mark.parametrize("nonsense", [{}, {"qarnot_carbon_footprint": None}, {"qarnot_carbon_footprint": float("nan")}])
def test_figures_that_make_no_sense_make_no_card(watched, farm, nonsense):
    farm.only_task().carbon = nonsense

    assert card(watched()) is None


def test_sites_that_make_no_sense_are_passed_over(watched, farm):
    farm.only_task().carbon = told(sites=[None, 3, {"hours": "x"}, {"hours": 1, "watts": float("inf")}])

    assert card(watched()).sites == ["Machines that are gone: 60 minutes × 0 W (estimated) × 0 g a kWh = 0 g"]


def test_a_render_that_nobody_looks_at_is_not_asked_about_until_its_end(job, farm):
    farm.runs(farm.only_task(), 1)
    farm.only_task().carbon = told()

    assert card(polled(job)) is None

    assert card(ends(job, farm)).weight == "1.0 g"


def test_at_the_end_the_last_figures_are_asked_for_however_lately_it_was(watched, job, farm):
    farm.only_task().carbon = told()
    watched()
    farm.only_task().carbon = told(hours=1)

    job = ends(job, farm)

    assert (job.state, card(job).weight) == (JobState.COMPLETED, "2.0 g")
    assert CarbonFacts.objects.get().is_final


def test_a_farm_that_can_not_tell_carbon_facts_at_the_end_holds_no_render_up(watched, job, farm):
    farm.only_task().carbon = told()
    watched()
    farm.carbon_is_down = True

    job = ends(job, farm)

    assert (job.state, card(job).weight) == (JobState.COMPLETED, "1.0 g")


def test_a_render_whose_missing_frames_were_rendered_again_weighs_both(watched, job, farm):
    farm.only_task().carbon = told()
    watched()
    lifecycle.fail(job, {"id": "unknown"})
    submission.render_failed_again(job)
    submission.submit(job)
    job.refresh_from_db()
    farm.tasks[job.farm_task_uuid].carbon = told(hours=1)

    said = card(watched())

    assert (said.weight, said.energy) == ("3.0 g", "60 Wh of electricity")
    assert said.sites == ["Lyon: 1.5 hours × 40 W × 50 g a kWh = 3.0 g"]


def test_an_open_page_is_told_the_card_only_when_it_changes(client, alice, watched, farm):
    client.force_login(alice)
    farm.only_task().carbon = told()
    job = watched()
    seen = job.revision

    def told_since(revision):
        return client.get(f"/renders/{job.pk}/changes/?after={revision}").json()["carbon"]

    assert "How it is worked out" in told_since(0)
    watched(asked_ago=carbon.ASKED_EVERY)
    assert told_since(seen) == ""

    farm.only_task().carbon = told(hours=1)
    watched(asked_ago=carbon.ASKED_EVERY)
    assert "2.0 g" in told_since(seen)


@pytest.mark.parametrize(
    "grams, words",
    [
        (0, "0 g"),
        (0.0004, "under 1 mg"),
        (0.064, "64 mg"),
        (0.78, "0.78 g"),
        (2.14, "2.1 g"),
        (12.3, "12 g"),
        (1234, "1.2 kg"),
    ],
)
def test_a_weight_is_said_in_the_unit_that_fits(grams, words):
    assert weight(grams) == words


@pytest.mark.parametrize(
    "watt_hours, words", [(0.01, "under 0.1 Wh"), (0.4, "0.4 Wh"), (34, "34 Wh"), (1900, "1.9 kWh")]
)
def test_an_energy_is_said_in_the_unit_that_fits(watt_hours, words):
    assert energy(watt_hours) == words
