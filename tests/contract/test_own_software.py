"""An account's own software: its image from a registry, or its program in a bucket."""

import pytest

from tests import registry as images
from tests.contract.orders import Orders, ended, results_of, told, until

PULLED = "is here:"
KEPT = "is kept on this machine"


@pytest.fixture(scope="module")
def open_registry(registries):
    return registries[0]


@pytest.fixture(scope="module")
def private_registry(registries):
    registry = registries[1]
    registry.push(images.busybox(command=["echo", "charlie's own"]), "charlie/secret")
    return registry


def login(password=images.PASSWORD):
    return {"DOCKER_REGISTRY_LOGIN": images.LOGIN, "DOCKER_REGISTRY_PASSWORD": password}


def docker(orders, registry, name, command="", instances=1, **constants):
    given = {"DOCKER_SRV": registry.address, "DOCKER_REPO": name, "DOCKER_CMD": command, **constants}
    task = orders.task("docker-batch", instances, constants=given)
    task.submit()
    return task


def test_the_profile_is_told_with_its_constants(alice):
    profile = alice.connection.retrieve_profile("docker-batch")

    told = dict(profile.constants)
    assert (told["DOCKER_REPO"], told["DOCKER_TAG"]) == ("library/ubuntu", "latest")
    assert {"DOCKER_CMD", "DOCKER_SRV", "DOCKER_WORKDIR", "DOCKER_PROGRESS3", "DOCKER_REGISTRY_PASSWORD"} <= set(told)


def test_a_command_runs_in_its_image_and_its_results_come_home(orders, open_registry):
    scene = orders.bucket("in", numbers__txt="1\n2\n3\n")
    task = orders.task("docker-batch", 2)
    task.resources = [scene]
    task.constants = {
        "DOCKER_SRV": open_registry.address,
        "DOCKER_REPO": "busybox",
        "DOCKER_CMD": "/bin/sh -c 'echo I am ${INSTANCE_ID} of ${INSTANCE_COUNT} on $(hostname);"
        " cat numbers/txt > copy-${INSTANCE_ID}; echo careful >&2'",
        "DOCKER_HOST": "qarnot-${INSTANCE_ID}",
    }

    task.submit()
    ended(task)

    assert task.state == "Success", told(task)
    assert sorted(line.strip() for line in task.stdout().splitlines()) == [
        "0> I am 0 of 2 on qarnot-0",
        "1> I am 1 of 2 on qarnot-1",
    ]
    assert "careful" in task.stderr()
    assert results_of(task) == {"copy-0": b"1\n2\n3\n", "copy-1": b"1\n2\n3\n"}


def test_an_image_is_fetched_once_and_kept_by_its_digest(orders, open_registry):
    open_registry.push(images.busybox(images.file("etc/of-this-test", b"first")), "kept")

    first = ended(docker(orders, open_registry, "kept", "cat /etc/of-this-test"))
    fetched = open_registry.pulled_blobs("kept")
    second = ended(docker(orders, open_registry, "kept", "cat /etc/of-this-test"))

    assert fetched > 0
    assert open_registry.pulled_blobs("kept") == fetched
    assert [PULLED in task.stderr() for task in (first, second)] == [True, False]
    assert [KEPT in task.stderr() for task in (first, second)] == [False, True]
    assert "first" in second.stdout()


def test_a_tag_that_was_pushed_anew_is_fetched_anew_but_for_the_layers_that_are_here(orders, open_registry):
    open_registry.push(images.busybox(images.file("etc/of-this-test", b"old")), "moved")
    ended(docker(orders, open_registry, "moved", "cat /etc/of-this-test"))
    open_registry.push(images.busybox(images.file("etc/of-this-test", b"new")), "moved")
    before = open_registry.pulled_blobs("moved")

    task = ended(docker(orders, open_registry, "moved", "cat /etc/of-this-test"))

    assert "new" in task.stdout()
    assert open_registry.pulled_blobs("moved") - before == 2  # the new layer and the configuration


def test_a_private_image_is_run_with_its_login_which_nobody_is_told(orders, private_registry):
    task = ended(docker(orders, private_registry, "charlie/secret", "env", **login()))

    assert task.state == "Success", told(task)
    answer = orders.person.ask("GET", f"/tasks/{task.uuid}").text
    assert images.PASSWORD not in answer + task.stdout() + task.stderr()
    assert images.PASSWORD not in orders.person.stack.log()


def test_a_wrong_password_is_told_in_a_sentence(orders, private_registry):
    task = ended(docker(orders, private_registry, "charlie/secret", **login("not it")))

    assert (task.state, task.errors[0].code) == ("Failure", "REGISTRY_DENIED")
    assert "does not let this login read charlie/secret" in task.errors[0].message


def test_an_image_that_charlies_login_fetched_is_not_served_to_alice_without_it(
    orders, charlie, private_registry, request
):
    of_charlie = Orders(charlie, "own-software")
    assert ended(docker(of_charlie, private_registry, "charlie/secret", **login())).state == "Success"

    task = ended(docker(orders, private_registry, "charlie/secret"))

    assert (task.state, task.errors[0].code) == ("Failure", "REGISTRY_DENIED")
    assert "charlie's own" not in task.stdout()


def test_what_the_command_prints_is_seen_and_its_progress_told_while_it_runs(orders, open_registry):
    loop = "/bin/sh -c 'echo step 3 of 4; while [ ! -e /job/never ]; do sleep 0.1; done'"
    task = docker(orders, open_registry, "busybox", loop, DOCKER_PROGRESS1=r"step (\d+) of (\d+)")

    running = until(task, lambda task: _running(task, lambda instance: instance.progress == 75))
    printed = until(task, lambda task: task.stdout())
    task.abort()
    ended(task)

    assert running.phase.lower() == "execution"
    assert "step 3 of 4" in printed
    assert task.state == "Cancelled"


def _running(task, condition):
    infos = task.status.running_instances_info.per_running_instance_info if task.status else []
    return next((info for info in infos if condition(info)), None)


def test_a_cancelled_command_may_end_by_itself(orders, open_registry):
    loop = "/bin/sh -c 'trap \"echo saved > result; exit 0\" TERM; echo up; while true; do sleep 0.1; done'"
    task = orders.task("docker-batch", 1)
    task.constants = {"DOCKER_SRV": open_registry.address, "DOCKER_REPO": "busybox", "DOCKER_CMD": loop}
    task._upload_results_on_cancellation = True
    task.submit()
    until(task, lambda task: "up" in task.stdout())

    task.abort()
    ended(task)

    assert task.state == "Cancelled"
    assert results_of(task) == {"result": b"saved\n"}


def test_a_command_that_fails_is_told_with_its_code_and_last_line(orders, open_registry):
    task = ended(docker(orders, open_registry, "busybox", "sh -c 'echo no licence left >&2; exit 42'"))

    assert (task.state, task.errors[0].code) == ("Failure", "COMMAND_FAILED")
    assert "exit code 42" in task.errors[0].message
    assert "no licence left" in task.errors[0].message


@pytest.mark.parametrize(
    ("constants", "code"),
    [
        ({"DOCKER_TAG": "none"}, "IMAGE_UNKNOWN"),
        ({"DOCKER_REPO": "Not A Name"}, "IMAGE_UNREADABLE"),
        ({"DOCKER_SRV": "127.0.0.1:9"}, "REGISTRY_REFUSED"),
        ({"DOCKER_CMD": "'unended"}, "CONSTANT_UNREADABLE"),
        ({"DOCKER_CMD": "nowhere"}, "COMMAND_NOT_FOUND"),
    ],
)
def test_an_order_that_cannot_be_carried_out_says_why(orders, open_registry, constants, code):
    task = ended(docker(orders, open_registry, "busybox", **{"DOCKER_CMD": "true", **constants}))

    assert (task.state, task.errors[0].code) == ("Failure", code)


def test_a_program_put_in_a_bucket_runs_from_job(orders, open_registry):
    """Both a static program and a script; a bucket keeps no modes."""
    tools = orders.bucket("tools")
    orders.put(tools, "bin/busybox", images.tools().program("busybox"))
    orders.put(tools, "run.sh", "#!/bin/sh\n/job/bin/busybox sha256sum /job/run.sh > sum\n")
    task = orders.task("docker-batch", 1)
    task.resources = [tools]
    task.constants = {
        "DOCKER_SRV": open_registry.address,
        "DOCKER_REPO": "busybox",
        "DOCKER_CMD": "/job/run.sh",
    }

    task.submit()
    ended(task)

    assert task.state == "Success", told(task)
    assert [*results_of(task)] == ["sum"], task.stdout() + task.stderr()
