"""The energy of a task, reckoned from what its attempts took."""

import pytest
from qarnot.carbon_facts import CarbonClient
from qarnot.exceptions import MissingTaskException, QarnotGenericException

from farm import carbon
from farm.models import Attempt, Instance, InstanceState, Node, Site
from jobs.domain.carbon import read
from jobs.domain.carbon_card import card
from jobs.farms import Farm
from jobs.models import CarbonFacts, Job


@pytest.fixture
def rendered(as_alice, machine):
    """A task of one hour on the machine: a half in an attempt that failed, a half in the next."""
    task = as_alice.create_task("film", "blender-4.5", 1)
    task.submit()
    machine.gives_back(machine.begin(task.uuid, 0))
    machine.ends(machine.begin(task.uuid, 0), InstanceState.SUCCESS)
    Attempt.objects.update(execution_seconds=1800)
    return task


def test_energy_is_the_hours_of_all_attempts_times_the_watts_of_the_slot(rendered):
    Node.objects.update(watts=120, slot_count=4)
    Site.objects.update(grid_intensity=50)

    facts = rendered.carbon_facts()

    assert (facts.energy_consumption_Wh, facts.energy_it_Wh, facts.energy_reuse_Wh) == (30, 30, 0)
    assert facts.carbon_footprint_gC02eq == pytest.approx(1.5)
    assert (facts.PUE, facts.ERE, facts.ERF, facts.WUE) == (1, 1, 0, 0)


def test_watts_that_nobody_measured_are_estimated_by_the_cores_of_the_slot(rendered):
    Node.objects.update(watts=0, core_count=8, slot_count=4)

    assert rendered.carbon_facts().energy_it_Wh == 2 * carbon.WATTS_A_CORE


def test_what_is_saved_is_held_against_an_average_data_centre(rendered):
    Node.objects.update(watts=100, slot_count=1)
    Site.objects.update(grid_intensity=50)

    facts = rendered.carbon_facts()

    there = 0.1 * 1.58 * 214
    assert facts.equivalent_datacenter_name == "average of the European Union"
    assert facts.equivalent_dc_carbon_footprint_gC02eq == pytest.approx(there)
    assert facts.saved_carbon_footprint_compute_gC02eq == pytest.approx(there - 5)
    assert facts.saved_carbon_footprint_percent == pytest.approx(100 * (there - 5) / there)


def test_the_data_centre_to_compare_with_can_be_named(as_alice, rendered):
    named = CarbonClient(as_alice, "Average of the world").get_task_carbon_facts(rendered.uuid)

    assert named.equivalent_datacenter_name == "average of the world"
    with pytest.raises(QarnotGenericException, match="No data centre “moon” to compare with"):
        CarbonClient(as_alice, "moon").get_task_carbon_facts(rendered.uuid)


def test_what_runs_counts_as_far_as_it_has_come(as_alice, machine):
    task = as_alice.create_task("film", "blender-4.5", 1)
    task.submit()
    machine.begin(task.uuid, 0)
    Node.objects.update(watts=100, slot_count=1)
    assert task.carbon_facts().saved_carbon_footprint_percent == 0

    Instance.objects.update(execution_seconds=360)

    assert task.carbon_facts().energy_it_Wh == 10


def test_a_machine_that_is_gone_is_still_counted(rendered):
    Node.objects.all().delete()

    assert rendered.carbon_facts().energy_it_Wh == carbon.WATTS_A_CORE * carbon.UNKNOWN_CORES


def test_every_figure_has_both_its_names(as_alice, rendered):
    told = as_alice._get(f"/carbon/v1/tasks/{rendered.uuid}/carbon-facts").json()

    assert told["total_consumed_energy_Wh"] == told["totalConsumedEnergyWh"]
    assert told["saved_carbon_footprint_percent"] == told["savedCarbonFootprintPercent"]


def test_what_the_figures_are_made_of_is_told_site_by_site(as_alice, rendered, machine):
    Site.objects.update(place="Lyon", grid_intensity=50)
    Node.objects.update(watts=120, slot_count=4)
    hall = Site.objects.create(name="hall", place="Grenoble", grid_intensity=20)
    far = Node.objects.create(name="node-2", site=hall, core_count=8, slot_count=4)
    Attempt.objects.filter(number=2).update(node=far)

    told = as_alice._get(f"/carbon/v1/tasks/{rendered.uuid}/carbon-facts").json()

    assert told["sites"] == [
        {"name": "hall", "place": "Grenoble", "hours": 0.5, "watts": 16, "isMeasured": False, "gridIntensity": 20},
        {"name": "home", "place": "Lyon", "hours": 0.5, "watts": 30, "isMeasured": True, "gridIntensity": 50},
    ]
    grams = sum(site["hours"] * site["watts"] * site["gridIntensity"] / 1000 for site in told["sites"])
    assert told["qarnotCarbonFootprint"] == pytest.approx(grams)


def test_the_card_on_the_artists_page_says_what_the_sdk_says(as_alice, alice, rendered):
    Site.objects.update(place="Lyon", grid_intensity=50)
    Node.objects.update(watts=120, slot_count=4)
    job = Job.objects.create(account=alice, name="film")
    figures = read(Farm(alice.email, "", as_alice).carbon_facts(rendered.uuid))
    CarbonFacts.objects.create(job=job, farm_task_uuid=rendered.uuid, told=figures)

    facts, said = rendered.carbon_facts(), card(job)

    assert figures["grams"] == facts.carbon_footprint_gC02eq
    assert (said.weight, said.energy) == ("1.5 g", "30 Wh of electricity")
    assert said.sites == ["Lyon: 60 minutes × 30 W × 50 g a kWh = 1.5 g"]


def test_charlie_learns_nothing_of_it(connect, charlie, rendered):
    with pytest.raises(MissingTaskException):
        CarbonClient(connect(charlie)).get_task_carbon_facts(rendered.uuid)
