"""What an instance finds in its environment."""

import pytest

from accounts.tokens import account_of
from farm import credentials, lifecycle, secrets
from farm.node.environment import TooLong, environment_of, expanded, hidden_values


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


def test_references_do_not_make_gigabytes_of_short_texts(alice, order):
    task = order(alice, [1], constants={"A": "x" * 60_000, "B": "${A}" * 16_000})

    with pytest.raises(TooLong, match="too long with the constants it names"):
        environment_of(task.instances.get(), task, "/job")


def test_unknown_and_nested_references_stay_as_they_are():
    assert expanded("${A} ${NOPE}", {"A": "${B}", "B": "b"}) == "${B} ${NOPE}"


def test_an_instance_finds_credentials_only_where_the_order_asks_for_them(alice, order, settings):
    settings.PUBLIC_URL, settings.S3_DOOR_URL = "https://render.example.org", "https://s3.example.org"
    asked, plain = order(alice, [1], gives_credentials=True), order(alice, [1])

    given = environment_of(asked.instances.get(), asked, "/job")

    assert account_of(given["QARNOT_CLIENT_TOKEN"]).account == alice
    assert given["QARNOT_CLUSTER_URL"] == "https://render.example.org/farm"
    assert given["QARNOT_STORAGE_URL"] == given["AWS_ENDPOINT_URL_S3"] == "https://s3.example.org"
    assert (given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"]) == (alice.email, given["QARNOT_CLIENT_TOKEN"])
    assert not {name for name in environment_of(plain.instances.get(), plain, "/job") if "TOKEN" in name}


def test_all_instances_of_a_task_share_a_token_that_ends_with_the_task(alice, order):
    task = order(alice, [1, 2], gives_credentials=True)
    first, second = (environment_of(instance, task, "/job")["QARNOT_CLIENT_TOKEN"] for instance in task.instances.all())
    assert first == second
    assert credentials.revoke_ended() == 0

    lifecycle.cancel(task)

    assert credentials.revoke_ended() == 1
    assert account_of(first) is None


def test_what_must_not_be_printed_is_every_secret_and_the_token(alice, order):
    secrets.create(alice, "licence", "hunter22")
    task = order(alice, [1], constants={"QARNOT_SECRET__KEY": "a much longer secret"}, gives_credentials=True)
    task.secrets_access = {"bySecret": [{"key": "licence"}]}

    environment = environment_of(task.instances.get(), task, "/job")

    assert hidden_values(task, environment) == [
        environment["QARNOT_CLIENT_TOKEN"],
        "a much longer secret",
        "hunter22",
    ]
