"""Hardware constraints choose the machine; one that no machine meets is refused at once."""

import pytest
from qarnot import hardware_constraint as ask_for
from qarnot.exceptions import QarnotGenericException

from tests.contract.orders import finished


@pytest.fixture(scope="module")
def offered(alice):
    """What the farm's one machine has."""
    return [constraint.to_json() for constraint in alice.connection.all_hardware_constraints()]


def value_of(offered, name):
    return next(found[name] for found in offered if name in found)


def test_what_the_machine_offers_can_be_ordered(orders, offered):
    cores, memory, key = (value_of(offered, name) for name in ("coreCount", "minimumMemoryMB", "specificationKey"))

    task = orders.shell("true")
    task.hardware_constraints = [
        ask_for.MinimumCoreHardware(cores),
        ask_for.MinimumRamHardware(memory),
        ask_for.SpecificHardware(key),
        ask_for.NoGpuHardware(),
    ]
    finished(task)

    assert task.state == "Success"
    assert [each.to_json() for each in task.hardware_constraints][2] == {
        "discriminator": "SpecificHardwareConstraint",
        "specificationKey": key,
    }


def test_a_processor_is_found_by_a_part_of_its_name(alice, offered):
    model = value_of(offered, "cpuModel")

    found = alice.connection.search_cpu_model_constraints(model[:4].lower())

    assert [each.to_json()["cpuModel"] for each in found] == [model]


def test_more_than_any_machine_has_is_refused_with_what_is_missing(orders, offered):
    task = orders.shell("true")
    task.hardware_constraints = [ask_for.MinimumCoreHardware(1000)]

    with pytest.raises(QarnotGenericException, match="hardware constraint: at least 1,000 cores"):
        task.submit()


def test_what_is_no_constraint_is_refused_with_its_field(orders):
    body = {
        "name": "odd",
        "profile": "docker-batch",
        "instanceCount": 1,
        "hardwareConstraints": [{"discriminator": "X"}],
    }

    answer = orders.person.ask("POST", "/tasks", body)

    assert answer.status_code == 400
    assert "hardwareConstraints" in answer.json()["message"]
