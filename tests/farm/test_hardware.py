"""Hardware constraints: what an order may ask of a machine, and what the machines offer."""

import pytest
from qarnot import hardware_constraint as ask_for

from farm import hardware, matching, scheduler
from farm.models import Node, Site, Task
from farm.submission import create_task

CORES = "MinimumCoreHardwareConstraint"


@pytest.fixture
def node(db):
    return make_node("big", core_count=8, memory_mb=32_768, slot_count=2, has_ssd=True)


def make_node(name, **facts):
    site, _ = Site.objects.get_or_create(name="home")
    known = {"profiles": ["blender-4.5"], "sandbox_tier": "A", "cpu_model": "AMD Ryzen 7 3700X 8-Core Processor"}
    return Node.objects.create(name=name, site=site, **{**known, **facts})


@pytest.mark.parametrize(
    ("asked", "is_met"),
    [
        (ask_for.MinimumCoreHardware(4), True),
        (ask_for.MinimumCoreHardware(5), False),
        (ask_for.MaximumCoreHardware(4), True),
        (ask_for.MaximumCoreHardware(3), False),
        (ask_for.MinimumRamHardware(16_384), True),
        (ask_for.MinimumRamHardware(16_385), False),
        (ask_for.MaximumRamHardware(16_384), True),
        (ask_for.MaximumRamHardware(16_000), False),
        (ask_for.MinimumRamCoreRatioHardware(4.0), True),
        (ask_for.MinimumRamCoreRatioHardware(4.5), False),
        (ask_for.MaximumRamCoreRatioHardware(4.0), True),
        (ask_for.MaximumRamCoreRatioHardware(2), False),
        (ask_for.SpecificHardware("4c-16g-amd-ryzen-7-3700x-ssd"), True),
        (ask_for.SpecificHardware("28c-128g-intel-dual-xeon2680v4-ssd"), False),
        (ask_for.CpuModelHardware("amd ryzen 7 3700x 8-core processor"), True),
        (ask_for.CpuModelHardware("AMD Ryzen"), False),
        (ask_for.SSDHardware(), True),
        (ask_for.NoSSDHardware(), False),
        (ask_for.GpuHardware(), False),
        (ask_for.NoGpuHardware(), True),
    ],
    ids=str,
)
def test_an_instance_has_its_slots_share_of_the_machine(node, asked, is_met):
    assert hardware.check([asked.to_json()]) is None
    assert hardware.fits(node, [asked.to_json()]) is is_met


@pytest.mark.parametrize(
    ("nonsense", "words"),
    [
        ("many cores", "are a list of at most 50"),
        (["many cores"], "has a discriminator: MinimumCoreHardwareConstraint, "),
        ([{"discriminator": "LuckHardwareConstraint"}], "has a discriminator: "),
        ([{"discriminator": CORES}], f"A {CORES} has a coreCount: a number."),
        ([{"discriminator": CORES, "coreCount": True}], "a number"),
        ([{"discriminator": "SpecificHardwareConstraint", "specificationKey": 8}], "has a specificationKey: a text."),
    ],
)
def test_what_is_no_constraint_is_told_in_a_sentence(nonsense, words):
    assert words in hardware.check(nonsense)


def choosy_task(account, *constraints):
    task = create_task(account, {"name": "film", "profile": "blender-4.5", "instanceCount": 1})
    Task.objects.filter(pk=task.pk).update(hardware_constraints=list(constraints))
    task.refresh_from_db()
    return task


def test_only_a_machine_that_fits_is_handed_the_instance(alice, node):
    small = make_node("small", core_count=2)
    choosy = choosy_task(alice, {"discriminator": CORES, "coreCount": 4})
    plain = create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 1})

    assert scheduler.claim(small, "0").instance.task == plain
    assert scheduler.claim(small, "0") is None
    assert scheduler.claim(node, "0").instance.task == choosy


def test_a_task_that_no_machine_awake_fits_says_what_it_waits_for(alice, node):
    task = choosy_task(alice, {"discriminator": CORES, "coreCount": 64}, {"discriminator": "GpuHardwareConstraint"})

    sentence = matching.fitting([node], task).obstacle

    assert sentence == "No machine that is awake has at least 64 cores and a graphics card."


def test_the_machines_offer_is_listed_a_page_at_a_time(as_alice, node):
    make_node("small", core_count=2, memory_mb=8_192, cpu_model="Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz")

    listed = [constraint.to_json() for constraint in as_alice.all_hardware_constraints()]
    first = as_alice.hardware_constraints_page(limit=2, offset=0)

    assert {"discriminator": CORES, "coreCount": 4} in listed
    assert {"discriminator": CORES, "coreCount": 2} in listed
    keys = [found["specificationKey"] for found in listed if "specificationKey" in found]
    assert keys == ["2c-8g-intel-xeon-e5-2680-v4", "4c-16g-amd-ryzen-7-3700x-ssd"]
    assert (first.total, [found.to_json() for found in first.page_data]) == (len(listed), listed[:2])


def test_a_processor_is_found_by_a_part_of_its_name(as_alice, node):
    make_node("small", cpu_model="Intel Xeon")

    found = as_alice.search_cpu_model_constraints("ryzen")

    assert [each.to_json()["cpuModel"] for each in found] == [node.cpu_model]


def test_a_machine_that_takes_only_alices_scenes_is_not_offered_to_charlie(alice, charlie, ask):
    make_node("hers", sandbox_tier="C", owner=alice, core_count=32)

    assert ask(alice, "GET", "hardware-constraints").json()["total"] > 0
    assert ask(charlie, "GET", "hardware-constraints").json()["total"] == 0
