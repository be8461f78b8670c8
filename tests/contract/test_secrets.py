"""Secrets: in the instances that may have them, and nowhere else."""

import hashlib

import pytest
from qarnot.exceptions import SecretNotFoundException
from qarnot.secrets import Secrets

from tests import registry as images
from tests.contract.orders import finished, results_of, told

VALUE = "correct horse battery staple"
PRINTS = "env; echo it is $QARNOT_SECRET__SECRETS_TEST_LICENCE; echo $QARNOT_SECRET__SECRETS_TEST_LICENCE >&2"
KEEPS = 'printf %s "$QARNOT_SECRET__SECRETS_TEST_LICENCE" | sha256sum > sum.txt'


@pytest.fixture(scope="module")
def secrets(alice):
    """alice's, under `secrets-test/`."""
    kept = Secrets(alice.connection)
    kept.create_secret("secrets-test/licence", VALUE)
    kept.create_secret("secrets-test/other", "quite another value")
    return kept


def ran(orders, script, **settings):
    task = finished(orders.shell(script, **settings))
    assert task.state == "Success", told(task)
    return task


def rights(task, **given):
    for key in given.get("keys", []):
        task.secrets_access_rights.add_secret_by_key(key)
    for prefix in given.get("prefixes", []):
        task.secrets_access_rights.add_secret_by_prefix(prefix)
    return task


def sum_in(task):
    return results_of(task)["sum.txt"].split()[0].decode()


def test_an_instance_has_the_secret_its_order_names_and_no_other(orders, secrets):
    task = finished(rights(orders.shell(f"{KEEPS}; env"), keys=["secrets-test/licence"]))

    assert sum_in(task) == hashlib.sha256(VALUE.encode()).hexdigest()
    assert "QARNOT_SECRET__SECRETS_TEST_OTHER" not in task.stdout()


def test_a_prefix_brings_all_below_it(orders, secrets):
    task = finished(rights(orders.shell("env"), prefixes=["secrets-test/"]))

    assert "QARNOT_SECRET__SECRETS_TEST_LICENCE=" in task.stdout()
    assert "QARNOT_SECRET__SECRETS_TEST_OTHER=" in task.stdout()


def test_an_order_without_rights_has_none(orders, secrets):
    task = ran(orders, "env")

    assert "QARNOT_SECRET" not in task.stdout()


def test_what_prints_its_secret_prints_an_echo(orders, secrets, stack):
    task = finished(rights(orders.shell(PRINTS), prefixes=["secrets-test/"]))

    assert VALUE not in task.stdout() + task.stderr() + task.stdout(0) + task.fresh_stderr(0)
    assert "it is [SECRET]\n" in task.stdout()
    assert VALUE not in stack.log()


def test_a_failing_command_does_not_tell_it_in_its_error(orders, secrets):
    task = rights(
        orders.shell('echo "bad password $QARNOT_SECRET__SECRETS_TEST_LICENCE" >&2; exit 3'), prefixes=["secrets-test/"]
    )
    finished(task)

    answer = orders.person.ask("GET", f"/tasks/{task.uuid}")
    assert task.state == "Failure"
    assert "bad password [SECRET]" in task.stderr()
    assert VALUE not in answer.text


def test_a_secret_constant_is_for_the_instance_only(orders, stack):
    script = 'printf %s "$QARNOT_SECRET__PASS" | sha256sum > sum.txt; echo $QARNOT_SECRET__PASS'
    task = ran(orders, script, constants={"QARNOT_SECRET__PASS": VALUE})

    assert sum_in(task) == hashlib.sha256(VALUE.encode()).hexdigest()
    assert task.stdout() == " 0> [SECRET]\n"
    assert orders.connection.retrieve_task(task.uuid).constants["QARNOT_SECRET__PASS"] == "[SECRET]"
    assert VALUE not in stack.log()


def test_a_secret_changed_meanwhile_is_the_new_one_for_the_next_order(orders, secrets):
    secrets.create_secret("secrets-test/turning", "the old value")
    secrets.update_secret("secrets-test/turning", "the new value")
    script = KEEPS.replace("LICENCE", "TURNING")

    task = finished(rights(orders.shell(script), keys=["secrets-test/turning"]))

    assert sum_in(task) == hashlib.sha256(b"the new value").hexdigest()
    secrets.delete_secret("secrets-test/turning")


def test_a_registrys_password_may_be_a_secret_and_stays_outside_the_image(orders, alice, registries):
    private = registries[1]
    private.push(images.busybox(), "secrets-test/private")
    Secrets(alice.connection).create_secret("docker_registry_password", images.PASSWORD)
    image = {"DOCKER_SRV": private.address, "DOCKER_REPO": "secrets-test/private", "DOCKER_CMD": "env"}

    task = orders.task("docker-batch", constants={**image, "DOCKER_REGISTRY_LOGIN": images.LOGIN})
    finished(rights(task, keys=["docker_registry_password"]))

    assert task.state == "Success", told(task)
    assert "INSTANCE_ID=0" in task.stdout()
    assert "DOCKER_REGISTRY" not in task.stdout()


def test_charlie_gets_alices_secrets_by_no_way(secrets, charlie, charlies):
    theirs = Secrets(charlie.connection)
    with pytest.raises(SecretNotFoundException):
        theirs.get_secret("secrets-test/licence")
    assert theirs.list_secrets("secrets-test") == []

    task = finished(rights(charlies.shell("env"), keys=["secrets-test/licence"], prefixes=["secrets-test/"]))

    assert task.state == "Success", told(task)
    assert "QARNOT_SECRET" not in task.stdout()
