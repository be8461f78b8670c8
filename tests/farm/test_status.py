"""What a task's instances come to together, as the SDK reads it."""

import pytest

from farm.models import Instance, InstanceState, Node, Phase, Site
from farm.submission import create_task


@pytest.fixture
def told(as_alice, alice, machine):
    """`told({1: fields, …}, {2: fields, …})`: the task whose instances 1… run and 2… succeeded on the machine."""

    def show(running, succeeded):
        task = create_task(alice, {"name": "film", "profile": "blender-4.5", "advancedRanges": "1-4"})
        for instance_id, fields in (running | succeeded).items():
            attempt = machine.begin(task.pk, instance_id)
            if instance_id in succeeded:
                machine.ends(attempt)
            Instance.objects.filter(pk=attempt.instance_id).update(**fields)
        return as_alice.retrieve_task(str(task.pk))

    return show


def test_a_running_instance_shows_its_processor_and_its_network(told):
    facts = {"frequency_ghz": 3.2, "max_frequency_ghz": 4.4, "network_in_kbps": 900.0, "network_out_kbps": 50.0}
    facts |= {"execution_seconds": 10.0, "average_frequency_ghz": 3.0, "progress": 40.0, "phase": Phase.EXECUTION}

    (info,) = told({2: facts}, {}).status.running_instances_info.per_running_instance_info

    assert (info.instance_id, info.phase, info.progress, info.execution_attempt_count) == (2, "execution", 40.0, 1)
    assert (info.current_frequency_ghz, info.max_frequency_ghz) == (3.2, 4.4)
    assert (info.network_in_kbps, info.network_out_kbps) == (900.0, 50.0)
    assert (info.execution_time_sec, info.execution_time_ghz) == (10.0, 30.0)


def test_running_instances_are_summed_up(told):
    slow = {"frequency_ghz": 2.0, "max_frequency_ghz": 4.0, "network_in_kbps": 100.0, "cpu_percent": 50.0}
    quick = {"frequency_ghz": 4.0, "max_frequency_ghz": 5.0, "network_in_kbps": 300.0, "cpu_percent": 150.0}

    info = told({1: slow, 2: quick}, {}).status.running_instances_info

    assert (info.average_frequency_ghz, info.min_frequency_ghz, info.max_frequency_ghz) == (3.0, 2.0, 4.0)
    assert (info.average_max_frequency_ghz, info.average_cpu_usage) == (4.5, 100.0)
    assert (info.average_network_in_kbps, info.total_network_in_kbps) == (200.0, 400.0)
    (cores,) = info.running_core_count_by_cpu_model
    assert (cores["model"], cores["runningCoreCount"]) == ("AMD Ryzen 7", 4)


def test_execution_is_told_by_processor_by_machine_and_by_instance(told, ask, alice):
    Node.objects.update(has_ssd=True)
    times = {"execution_seconds": 10.0, "average_frequency_ghz": 3.5}

    task = told({}, {1: times, 3: times})

    (model,) = task.status.execution_time_by_cpu_model
    (ghz,) = task.status.execution_time_ghz_by_cpu_model
    assert (model.model, model.core, model.time) == ("AMD Ryzen 7", 2, 20.0)
    assert (ghz.model, ghz.core, ghz.time_ghz) == ("AMD Ryzen 7", 2, 70.0)
    status = ask(alice, "GET", f"tasks/{task.uuid}").json()["status"]
    assert status["executionTimeByMachineSpecification"] == [
        {"specificationKey": "2c-4g-amd-ryzen-7-ssd", "time": 20.0}
    ]
    (site,) = status["executionTimeBySiteAndMachine"]
    assert (site["specificationKey"], site["time"], len(site["siteUuid"])) == ("2c-4g-amd-ryzen-7-ssd", 20.0, 36)
    assert [each["instanceId"] for each in status["executionTimeByInstanceId"]] == [1, 3]
    assert (status["succeededRange"], status["startedOnceRange"]) == ("1,3", "1,3")


def test_an_ended_instance_tells_seconds_and_frequency(told):
    (ended,) = told({}, {2: {"execution_seconds": 8.0, "average_frequency_ghz": 2.5}}).completed_instances

    assert (ended.exec_time_sec, ended.average_ghz, ended.exec_time_sec_ghz) == (8.0, 2.5, 20.0)
    assert (ended.state, ended.execution_attempt_count) == ("Success", 1)


def test_an_instance_tells_which_part_of_which_picture_it_is(ask, alice, told):
    task = told({2: {"frame": 7, "part": 3}}, {1: {"frame": 7, "part": 4}})

    shown = ask(alice, "GET", f"tasks/{task.uuid}").json()

    (running,) = shown["status"]["runningInstancesInfo"]["perRunningInstanceInfo"]
    assert (running["frameId"], running["part"], running["tileSide"]) == (7, 3, 1)
    (ended,) = shown["completedInstances"]
    assert (ended["frameId"], ended["part"], ended["tileSide"]) == (7, 4, 1)


def test_an_instance_whose_machine_was_removed_is_still_told(told, ask, alice):
    task = told({}, {1: {"execution_seconds": 1.0}})
    Instance.objects.filter(state=InstanceState.SUCCESS).update(node=None)

    shown = ask(alice, "GET", f"tasks/{task.uuid}").json()

    assert (shown["completedInstances"][0]["nodeName"], shown["status"]["executionTimeBySiteAndMachine"]) == ("", [])


def test_an_instance_tells_its_town_and_whether_its_heat_is_wanted(told, ask, alice):
    Site.objects.update(place="Lyon")
    task = told({2: {"is_heating": True}}, {1: {}})

    said = ask(alice, "GET", f"tasks/{task.uuid}").json()

    (running,) = said["status"]["runningInstancesInfo"]["perRunningInstanceInfo"]
    (ended,) = said["completedInstances"]
    assert (running["siteName"], running["place"], running["isHeating"]) == ("home", "Lyon", True)
    assert (ended["siteName"], ended["place"], ended["isHeating"]) == ("home", "Lyon", False)


def test_an_instance_whose_machine_is_gone_tells_no_town(told, ask, alice):
    task = told({}, {1: {}})
    Node.objects.all().delete()

    (ended,) = ask(alice, "GET", f"tasks/{task.uuid}").json()["completedInstances"]

    assert (ended["nodeName"], ended["siteName"], ended["place"]) == ("", "", "")
