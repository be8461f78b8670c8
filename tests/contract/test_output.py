"""What instances print: whole, fresh and by instance, with a read position of each token's own."""

import pytest
from qarnot.exceptions import MissingTaskException, MissingTaskInstanceException

from tests.contract.orders import finished, seen, until

TWO_PARTS = "echo first é; echo careful >&2; until [ -e go.txt ]; do sleep 0.1; done; echo second"


@pytest.fixture(scope="module")
def halfway(orders):
    """A task of one instance that has printed its first part; `go()` lets it print the second."""
    gate = orders.bucket("gate")
    task = orders.shell(TWO_PARTS, resources=[gate])
    task.submit()
    until(task, lambda now: "first" in now.stdout())

    def go():
        orders.put(gate, "go.txt", "go")
        task.update_resources()
        until(task, lambda now: now.state == "Success")

    task.go = go
    return task


def test_fresh_output_is_read_once_while_the_instance_runs_and_whole_output_for_ever(halfway, alice):
    another = alice.connect(token=alice.another_token("second reader")).retrieve_task(halfway.uuid)
    assert halfway.fresh_stdout() == " 0> first é\n"
    assert halfway.fresh_stdout() == ""
    assert halfway.stdout() == " 0> first é\n"

    halfway.go()

    assert halfway.fresh_stdout() == " 0> second\n"
    assert another.fresh_stdout() == " 0> first é\n 0> second\n", "the other token's place was moved"
    assert halfway.stdout() == another.stdout() == " 0> first é\n 0> second\n"


def test_each_instance_has_its_own_output_without_the_others_and_without_numbers(orders):
    task = finished(orders.shell("echo I am $INSTANCE_ID; echo careful $INSTANCE_ID >&2", "3-4"))

    assert sorted(task.stdout().splitlines()) == [" 3> I am 3", " 4> I am 4"]
    for instance in (3, 4):
        assert task.stdout(instance) == f"I am {instance}\n"
        assert task.stderr(instance).endswith(f"careful {instance}\n")
        assert task.fresh_stdout(instance) == f"I am {instance}\n"
        assert task.fresh_stdout(instance) == ""
        assert task.fresh_stderr(instance).endswith(f"careful {instance}\n")
    with pytest.raises(MissingTaskInstanceException):
        task.stdout(7)


def test_the_position_of_an_instance_is_not_that_of_the_task(orders):
    task = finished(orders.shell("echo hello"))

    assert task.fresh_stdout(0) == "hello\n"
    assert task.fresh_stdout() == " 0> hello\n"


def test_the_two_streams_stay_apart(orders):
    task = finished(orders.shell("echo out; echo err >&2"))

    assert "err" not in task.stdout()
    assert "out" not in task.stderr().splitlines()
    assert task.stderr().splitlines()[-1] == " 0> err"


def test_bytes_that_are_no_text_and_very_long_lines_break_nothing(orders):
    task = finished(orders.shell(r"printf '\377\000x\n'; head -c 20000 /dev/zero; echo; echo after"))

    lines = task.stdout(0).splitlines()
    assert seen(task).state == "Success"
    assert lines[-1] == "after"
    assert max(map(len, lines)) < 5000


def test_charlie_reads_nothing_of_it(halfway, charlie):
    uuid = halfway.uuid
    for path in (f"/tasks/{uuid}/stdout", f"/tasks/{uuid}/stderr/0"):
        for method in ("GET", "POST"):
            answer = charlie.ask(method, path)
            assert (answer.status_code, "first" in answer.text) == (404, False)
    with pytest.raises(MissingTaskException):
        charlie.connection.retrieve_task(uuid)
