"""What an account may use, has used, and what that weighs."""

import pytest
from qarnot.carbon_facts import CarbonClient
from qarnot.exceptions import MissingProjectException, MissingTaskException
from qarnot.project import Project

from tests.contract.orders import Orders, ended, finished, until
from tests.contract.people import Person, open_account


@pytest.fixture(scope="module")
def orders(running):
    """Of an account that nobody else uses meanwhile: what is counted here is of these tests."""
    counted = Person(running.stack, **open_account(running.stack, "counted"))
    made = Orders(counted, "test-account", running.facts["registry"])
    yield made
    made.abort_all()


def test_quotas_count_what_runs(orders):
    before = orders.connection.user_info
    task = orders.shell("sleep 600")
    task.submit()
    until(task, lambda seen: seen.state == "FullyExecuting")

    info = orders.connection.user_info
    assert info.task_count == before.task_count + 1
    assert info.running_instance_count >= 1
    assert 0 < info.task_count < info.max_task
    assert info.max_instances > 0
    user = orders.connection.get_user_computing_quotas()
    organization = orders.connection.get_organization_computing_quotas()
    assert user.flex.running_instances_count >= 1
    counts = organization.flex.running_counts_per_user[orders.person.email]
    assert counts.running_instances_count == user.flex.running_instances_count
    task.abort()
    ended(task)


def test_buckets_are_counted(orders):
    before = orders.connection.user_info.bucket_count
    orders.bucket("counted")

    assert orders.connection.user_info.bucket_count == before + 1


def test_credits_are_the_hours_that_are_left_and_that_a_task_took(orders):
    before = orders.connection.credits().amount_in_euros

    task = finished(orders.shell("sleep 2"))

    took = task.credits().amount_in_euros
    assert took * 3600 >= 2
    assert orders.connection.credits().amount_in_euros == pytest.approx(before - took)


def test_there_are_no_projects_and_no_budgets(orders):
    assert orders.connection.user_info.projects == []
    with pytest.raises(MissingProjectException):
        Project("5a0e4f4c-0000-4000-8000-000000000001").get_active_budgets(orders.connection)


def test_carbon_facts_follow_from_the_time_a_task_took(orders):
    task = finished(orders.shell("sleep 2"))

    facts = task.carbon_facts()

    assert facts.energy_consumption_Wh > 0
    assert facts.carbon_footprint_gC02eq > 0
    assert facts.equivalent_datacenter_name == "average of the European Union"
    assert facts.saved_carbon_footprint_compute_gC02eq == pytest.approx(
        facts.equivalent_dc_carbon_footprint_gC02eq - facts.carbon_footprint_gC02eq
    )
    world = CarbonClient(orders.connection, "average of the world").get_task_carbon_facts(task.uuid)
    assert world.equivalent_dc_carbon_footprint_gC02eq > facts.equivalent_dc_carbon_footprint_gC02eq


def test_charlie_learns_neither_hours_nor_carbon(orders, charlie):
    task = finished(orders.shell("true"))

    with pytest.raises(MissingTaskException):
        CarbonClient(charlie.connection).get_task_carbon_facts(task.uuid)
    assert charlie.ask("GET", f"/credits/v1/tasks/{task.uuid}/credits").status_code == 404
