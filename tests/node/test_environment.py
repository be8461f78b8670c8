"""What an instance finds in its environment."""

from farm import secrets
from farm.node.environment import environment_of, expanded


def test_an_instance_knows_its_place_and_its_constants(alice, order):
    task = order(alice, [4, 5], constants={"BLEND_FILE": "x.blend", "NAME": "frame-${INSTANCE_ID} of ${BLEND_FILE}"})

    environment = environment_of(task.instances.get(instance_id=5), task, "/job")

    assert environment["NAME"] == "frame-5 of x.blend"
    assert environment["INSTANCE_ID"] == environment["FRAME_ID"] == environment["QRANK"] == "5"
    assert environment["INSTANCE_COUNT"] == environment["QSIZE"] == "2"
    assert environment["QARNOT_RESULTS_DIRECTORY"] == "/job"


def test_a_constant_cannot_pretend_to_be_another_instance(alice, order):
    task = order(alice, [1], constants={"INSTANCE_ID": "9"})

    assert environment_of(task.instances.get(), task, "/job")["INSTANCE_ID"] == "1"


def test_a_secret_is_there_for_the_instance_and_inside_its_constants(alice, order):
    secrets.create(alice, "licences/port", "1055")
    secrets.create(alice, "other", "not for it")
    task = order(alice, [1], constants={"SERVER": "host:${QARNOT_SECRET__LICENCES_PORT}"})
    task.secrets_access = {"bySecret": [{"key": "licences/port"}]}

    environment = environment_of(task.instances.get(), task, "/job")

    assert environment["QARNOT_SECRET__LICENCES_PORT"] == "1055"
    assert environment["SERVER"] == "host:1055"
    assert "not for it" not in environment.values()


def test_a_constant_of_the_order_wins_over_a_secret_of_its_name(alice, order):
    secrets.create(alice, "port", "1055")
    task = order(alice, [1], constants={"QARNOT_SECRET__PORT": "2000"})
    task.secrets_access = {"byPrefix": [{"prefix": ""}]}

    assert environment_of(task.instances.get(), task, "/job")["QARNOT_SECRET__PORT"] == "2000"


def test_unknown_and_nested_references_stay_as_they_are():
    assert expanded("${A} ${NOPE}", {"A": "${B}", "B": "b"}) == "${B} ${NOPE}"
