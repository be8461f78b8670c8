from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.tokens import make_token
from farm import output
from farm.models import Attempt, OutputChunk, Task
from farm.submission import create_task


@pytest.fixture
def task(alice):
    return create_task(alice, {"name": "film", "profile": "blender-4.5", "advancedRanges": "1-8"})


def whole(task, stream="stdout", since=0):
    return output.task_text(Task.objects.get(pk=task.pk), stream, since)


def test_lines_of_instances_are_told_apart_in_the_tasks_text(task, machine):
    first, second = machine.begin(task.pk, 1), machine.begin(task.pk, 2)
    machine.prints(first, "Fra:1\n")
    machine.prints(second, "Fra:2\nSaved\n")
    machine.prints(first, "\nDone é\n")

    assert whole(task) == (0, " 1> Fra:1\n 2> Fra:2\n 2> Saved\n 1> \n 1> Done é\n")
    assert output.instance_text(task, "stdout", 1) == (0, "Fra:1\n\nDone é\n")
    assert output.instance_text(task, "stdout", 2) == (0, "Fra:2\nSaved\n")


def test_streams_do_not_mix(task, machine):
    attempt = machine.begin(task.pk, 1)
    machine.prints(attempt, "out\n")
    machine.prints(attempt, "err\n", "stderr")

    assert whole(task, "stderr") == (0, " 1> err\n")


def test_the_text_from_every_place_is_the_end_of_the_whole(task, machine):
    attempts = [machine.begin(task.pk, number) for number in (1, 2)]
    for turn in range(6):
        machine.prints(attempts[turn % 2], f"line {turn}\nmore {turn}\n")
    text = whole(task)[1]

    assert [whole(task, since=place)[1] for place in range(len(text) + 2)] == [
        text[place:] for place in range(len(text) + 2)
    ]
    of_one = output.instance_text(task, "stdout", 1)[1]
    assert [output.instance_text(task, "stdout", 1, n)[1] for n in range(len(of_one))] == [
        of_one[n:] for n in range(len(of_one))
    ]


def test_the_tasks_length_is_the_length_of_its_text(task, machine):
    attempt = machine.begin(task.pk, 1)
    machine.prints(attempt, "a\nb\n")

    assert Task.objects.get(pk=task.pk).stdout_length == len(whole(task)[1])


def test_a_chunk_sent_twice_is_stored_once(task, machine):
    attempt = machine.begin(task.pk, 1)

    assert machine.prints(attempt, "once\n", sequence=0) is True
    assert machine.prints(attempt, "once\n", sequence=0) is False

    assert whole(task)[1] == " 1> once\n"


def test_an_old_attempt_prints_nothing_any_more(task, machine):
    old = machine.begin(task.pk, 1)
    machine.gives_back(old)
    assert machine.prints(old, "from the dead\n") is False

    new = machine.begin(task.pk, 1)
    assert machine.prints(old, "from the dead\n") is False
    assert machine.prints(new, "alive\n") is True
    assert whole(task)[1] == " 1> alive\n"


def test_a_long_line_is_cut_and_says_so(task, machine):
    attempt = machine.begin(task.pk, 1)
    machine.prints(attempt, "x" * 100_000 + "\nshort\n")

    lines = output.instance_text(task, "stdout", 1)[1].splitlines()
    assert lines == ["x" * output.LONGEST_LINE + " … line cut", "short"]


def test_an_attempt_that_prints_too_much_is_cut_once_and_says_so(task, machine, monkeypatch):
    monkeypatch.setattr(output, "LONGEST_ATTEMPT", 25)
    attempt = machine.begin(task.pk, 1)
    for number in range(5):
        machine.prints(attempt, f"line {number}\nline {number}\n", sequence=number)
    machine.prints(attempt, "err\n", "stderr", sequence=0)

    lines = output.instance_text(task, "stdout", 1)[1].splitlines()
    assert lines == ["line 0", "line 0", "line 1", "… lines cut: this attempt printed more than 20 MB"]
    assert output.instance_text(task, "stderr", 1) == (0, "")


def test_what_a_database_cannot_hold_is_replaced(task, machine):
    attempt = machine.begin(task.pk, 1)
    machine.prints(attempt, "nul \0 half \ud83d pair\r\nprogress\rdone\n")

    assert output.instance_text(task, "stdout", 1)[1] == "nul � half ? pair\nprogress\ndone\n"


def test_a_reading_ends_after_so_much_and_the_next_goes_on(task, machine, monkeypatch):
    attempt = machine.begin(task.pk, 1)
    for number in range(20):
        machine.prints(attempt, f"line {number}\n")
    text = whole(task)[1]
    monkeypatch.setattr(output, "LONGEST_ANSWER", 30)

    read = ""
    while True:
        start, part = whole(task, since=len(read))
        assert (start, len(part) < 60) == (len(read), True)
        if not part:
            break
        read += part

    assert read == text


def test_fresh_is_what_this_token_has_not_read(task, machine, alice):
    mine, other = make_token(alice, "mine")[0], make_token(alice, "other")[0]
    attempt = machine.begin(task.pk, 1)
    machine.prints(attempt, "one\n")
    assert output.fresh_text(mine, task, "stdout") == " 1> one\n"
    machine.prints(attempt, "two\n")

    assert output.fresh_text(mine, task, "stdout") == " 1> two\n"
    assert output.fresh_text(mine, task, "stdout") == ""
    assert output.fresh_text(mine, task, "stdout", 1) == "one\ntwo\n"
    assert output.fresh_text(mine, task, "stdout", 1) == ""
    assert output.fresh_text(other, task, "stdout") == " 1> one\n 1> two\n"


@pytest.mark.django_db(transaction=True)
def test_many_machines_printing_at_once_lose_and_double_nothing(task, machine):
    attempts = [machine.begin(task.pk, number) for number in range(1, 9)]

    def print_all(attempt):
        try:
            for number in range(20):
                output.append(attempt, "stdout", number, f"line {number}\n")
                output.append(attempt, "stdout", number, f"line {number}\n")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(print_all, [Attempt.objects.get(pk=attempt.pk) for attempt in attempts]))

    offsets = OutputChunk.objects.filter(task=task).order_by("task_offset").values_list("task_offset", "task_length")
    end = 0
    for offset, length in offsets:
        assert offset == end
        end = offset + length
    for number in range(1, 9):
        assert output.instance_text(task, "stdout", number)[1] == "".join(f"line {n}\n" for n in range(20))
    assert len(whole(task)[1].splitlines()) == 160
