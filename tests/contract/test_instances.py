"""Instances by count and by range, and all that each finds in its environment."""

import pytest
from qarnot.exceptions import QarnotGenericException

from tests.contract.orders import finished

PLACE = {
    "TASK_PATH": "/job",
    "QARNOT_RESOURCES_DIRECTORY": "/job",
    "QARNOT_RESULTS_DIRECTORY": "/job",
    "PWD": "/job",
}


def environment(task, instance):
    """What `env` printed in that instance."""
    return dict(line.split("=", 1) for line in task.stdout(instance).splitlines())


def ids(task):
    return sorted(done.instance_id for done in task.completed_instances)


def test_a_count_of_instances_begins_at_nought(orders):
    task = finished(orders.shell("env", 3))

    assert task.state == "Success"
    assert ids(task) == [0, 1, 2]
    assert (task.instancecount, task.advanced_range, task.status.succeeded_range) == (3, None, "0-2")


def test_a_range_names_its_instances(orders):
    task = finished(orders.shell("env", "1-3,15,20,25-26"))

    assert ids(task) == [1, 2, 3, 15, 20, 25, 26]
    assert (task.instancecount, task.advanced_range) == (0, "1-3,15,20,25-26")
    assert task.status.succeeded_range == "1-3,15,20,25-26"


def test_a_range_is_set_on_the_task_as_the_white_paper_does(orders):
    task = orders.shell("env", 0)
    task.advanced_range = "[7-8]"

    finished(task)

    assert ids(task) == [7, 8]


@pytest.mark.parametrize("text", ["5-3", "a-b", "1-", "0-99999999"])
def test_a_range_that_makes_no_sense_is_refused_with_its_field(orders, text):
    with pytest.raises(QarnotGenericException, match=r"range"):
        orders.shell("env", text).submit()


def test_every_instance_knows_its_place(orders):
    task = finished(orders.shell("env", "4,9"))

    for instance in (4, 9):
        found = environment(task, instance)
        number = str(instance)
        assert found["INSTANCE_ID"] == found["FRAME_ID"] == found["QRANK"] == number
        assert found["INSTANCE_COUNT"] == found["QSIZE"] == "2"
        assert PLACE.items() <= found.items()


def test_every_constant_is_a_variable_with_what_it_names_in_its_place(orders):
    constants = {
        "NUMBER": 24,
        "EMPTY": "",
        "WITH_EQUALS": "a=b é",
        "HOST": "frame-${INSTANCE_ID}-of-${INSTANCE_COUNT}",
        "NESTED": "${HOST}",
        "UNKNOWN": "${NOBODY}",
    }

    found = environment(finished(orders.shell("env", "4", constants=constants)), 4)

    assert {name: found[name] for name in constants} == {
        "NUMBER": "24",
        "EMPTY": "",
        "WITH_EQUALS": "a=b é",
        "HOST": "frame-4-of-1",
        "NESTED": "frame-${INSTANCE_ID}-of-${INSTANCE_COUNT}",
        "UNKNOWN": "${NOBODY}",
    }


def test_nothing_of_the_machine_is_in_the_environment(orders):
    task = finished(orders.shell("env", "4"))
    own = {name for name in environment(task, 4) if not name.startswith("DOCKER_")}

    assert own <= {
        *PLACE, "INSTANCE_ID", "FRAME_ID", "QRANK", "INSTANCE_COUNT", "QSIZE", "TMP_PATH", "TMPDIR", "TMP",
        "TEMP", "HOME", "PATH", "USER", "LOGNAME", "SHLVL", "OLDPWD", "LANG", "LC_ALL", "TERM", "HOSTNAME",
    }  # fmt: skip
