"""A task's output is bounded: the oldest lines go, and every reader is told where it stands."""

import pytest

from accounts.tokens import make_token
from farm import output
from farm.models import OutputChunk, Task
from farm.submission import create_task

LINE = " 1> line 00\n"


@pytest.fixture
def task(alice):
    return create_task(alice, {"name": "film", "profile": "blender-4.5", "advancedRanges": "1-2"})


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Ten lines of a task are kept, and two more than needed go at once."""
    monkeypatch.setattr(output, "LONGEST_STREAM", 10 * len(LINE))
    monkeypatch.setattr(output, "ROTATED_AT_ONCE", 2 * len(LINE))


def prints(machine, attempt, numbers):
    for number in numbers:
        machine.prints(attempt, f"line {number:02}\n", sequence=number)


def lines(first, last):
    return "".join(f" 1> line {number:02}\n" for number in range(first, last + 1))


def test_the_oldest_lines_go_and_the_others_keep_their_places(task, machine):
    prints(machine, machine.begin(task.pk, 1), range(11))

    task.refresh_from_db()
    assert (task.stdout_length, task.stdout_start) == (11 * len(LINE), 3 * len(LINE))
    assert output.task_text(task, "stdout", 5 * len(LINE)) == (5 * len(LINE), lines(5, 10))
    assert output.task_text(task, "stdout", 0) == (3 * len(LINE), lines(3, 10))
    assert output.task_text(task, "stdout", 4 * len(LINE) + 3) == (4 * len(LINE) + 3, lines(4, 10)[3:])
    assert OutputChunk.objects.count() == 8


def test_a_whole_reading_begins_with_a_line_that_says_so(task, machine, as_alice):
    prints(machine, machine.begin(task.pk, 1), range(11))

    read = as_alice.retrieve_task(str(task.pk))

    says = "… rotated: the oldest {} characters of this output are not kept any more\n"
    assert read.stdout() == says.format(3 * len(LINE)) + lines(3, 10)
    assert read.stdout(1) == says.format(3 * len("line 00\n")) + lines(3, 10).replace(" 1> ", "")


def test_nothing_is_said_of_what_is_whole(task, machine, as_alice):
    prints(machine, machine.begin(task.pk, 1), range(10))

    assert as_alice.retrieve_task(str(task.pk)).stdout() == lines(0, 9)


def test_a_reading_from_a_place_that_is_gone_says_where_it_begins(task, machine, alice, ask):
    prints(machine, machine.begin(task.pk, 1), range(11))

    answer = ask(alice, "GET", f"tasks/{task.pk}/stdout?offset=5")

    assert answer["X-Output-Offset"] == str(3 * len(LINE))
    assert answer.content.decode() == lines(3, 10)


def test_each_token_goes_on_after_what_it_missed(task, machine, alice):
    token, _ = make_token(alice, "slow")
    attempt = machine.begin(task.pk, 1)
    prints(machine, attempt, range(1))
    assert output.fresh_text(token, task, "stdout") == lines(0, 0)

    prints(machine, attempt, range(1, 11))

    assert output.fresh_text(token, task, "stdout") == lines(3, 10)
    assert output.fresh_text(token, task, "stdout") == ""
    prints(machine, attempt, range(11, 12))
    assert output.fresh_text(token, task, "stdout") == lines(11, 11)


def test_an_instance_whose_lines_are_all_gone_counts_on(task, machine):
    quiet, loud = machine.begin(task.pk, 2), machine.begin(task.pk, 1)
    machine.prints(quiet, "early\n")
    prints(machine, loud, range(20))
    assert output.instance_text(task, "stdout", 2)[1] == ""

    machine.prints(quiet, "late\n")

    assert output.instance_text(task, "stdout", 2) == (6, "late\n")
    assert output.instance_text(task, "stdout", 2, 8) == (8, "te\n")


def test_streams_rotate_apart(task, machine):
    attempt = machine.begin(task.pk, 1)
    machine.prints(attempt, "warning\n", "stderr")
    prints(machine, attempt, range(20))

    stored = Task.objects.get(pk=task.pk)
    assert (stored.stderr_start, output.task_text(stored, "stderr")) == (0, (0, " 1> warning\n"))
