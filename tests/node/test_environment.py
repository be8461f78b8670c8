"""What an instance finds in its environment."""

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


def test_unknown_and_nested_references_stay_as_they_are():
    assert expanded("${A} ${NOPE}", {"A": "${B}", "B": "b"}) == "${B} ${NOPE}"
