"""Lines on their way to the farm: none lost, none doubled, none out of order."""

import threading

import pytest
from django.db import OperationalError

from farm import output, scheduler
from farm.node import output as shipping
from farm.node.output import Output


@pytest.fixture
def task(alice, order):
    return order(alice, [1])


@pytest.fixture
def attempt(task, node):
    return scheduler.claim(node, "0")


def test_lines_arrive_in_order_on_their_own_streams(task, attempt):
    lines = Output(attempt)
    for number in range(5):
        lines.add("stdout", f"line {number}")
    lines.add("stderr", "careful\n")

    lines.ship()
    lines.ship()

    assert output.instance_text(task, "stdout", 1)[1] == "line 0\nline 1\nline 2\nline 3\nline 4\n"
    assert output.instance_text(task, "stderr", 1)[1] == "careful\n"


@pytest.mark.parametrize("is_stored_first", [True, False], ids=["answer lost", "request lost"])
def test_what_is_sent_again_after_an_error_is_there_once(task, attempt, monkeypatch, is_stored_first):
    lines = Output(attempt)
    lines.add("stdout", "first")
    store = output.append

    def break_once(*chunk):
        monkeypatch.setattr(output, "append", store)
        if is_stored_first:
            store(*chunk)
        raise OperationalError("the connection broke")

    monkeypatch.setattr(output, "append", break_once)
    with pytest.raises(OperationalError):
        lines.ship()
    lines.add("stdout", "second")

    lines.ship()

    assert output.instance_text(task, "stdout", 1)[1] == "first\nsecond\n"


def test_a_flood_is_cut_into_chunks_of_whole_lines(task, attempt):
    lines = Output(attempt)
    for _ in range(200):
        lines.add("stdout", "x" * 1000)

    lines.ship()

    chunks = task.output.order_by("first_sequence").values_list("text", flat=True)
    assert len(chunks) == 4
    assert all(chunk.endswith("\n") and len(chunk) < shipping.CHUNK_CHARACTERS + 1001 for chunk in chunks)


def test_an_engine_that_prints_faster_than_lines_are_shipped_waits_and_goes_on(task, attempt, monkeypatch):
    monkeypatch.setattr(shipping, "FULL_AT_CHARACTERS", 100)
    lines = Output(attempt)
    done = threading.Event()

    def print_much():
        for _ in range(50):
            lines.add("stdout", "x" * 9)
        done.set()

    engine = threading.Thread(target=print_much)
    engine.start()
    while not done.is_set():
        lines.ship()
    engine.join()
    lines.ship()

    assert output.instance_text(task, "stdout", 1)[1] == ("x" * 9 + "\n") * 50


def test_dropped_work_lets_a_waiting_engine_go(attempt, monkeypatch):
    monkeypatch.setattr(shipping, "FULL_AT_CHARACTERS", 10)
    lines = Output(attempt)
    lines.add("stdout", "x" * 20)
    engine = threading.Thread(target=lines.add, args=("stdout", "more"))
    engine.start()

    lines.close()

    engine.join(5)
    assert not engine.is_alive()


def test_a_flood_that_nobody_ships_does_not_hold_the_engine_for_ever(task, attempt, monkeypatch):
    monkeypatch.setattr(shipping, "FULL_AT_CHARACTERS", 10)
    monkeypatch.setattr(shipping, "SHIPPED_WITHIN_SECONDS", 0.05)
    lines = Output(attempt)
    for _ in range(1000):
        lines.add("stdout", "x" * 20)

    lines.ship()

    assert output.instance_text(task, "stdout", 1)[1] == "x" * 20 + "\n"
