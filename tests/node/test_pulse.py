"""The pulse beats on through what breaks, and nothing it holds is forgotten."""

import threading

import pytest
from django.db import OperationalError

from farm import output, scheduler
from farm.models import Attempt, InstanceState
from farm.node import claims, pulse, reports
from farm.node.work import Dropped, Work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def begin(monkeypatch):
    """`begin(chore)`: a pulse that beats fast, ended with the test."""
    monkeypatch.setattr(pulse, "SHIP_SECONDS", 0.01)
    begun = []

    def start(chore=lambda: None):
        begun.append(pulse.Pulse(should_stop=lambda: False, chore=chore))
        begun[-1].start()
        return begun[-1]

    yield start
    for one in begun:
        one.end()


class Chore:
    """Breaks `times` times, then is done."""

    def __init__(self, error, times=1):
        self.error, self.left = error, times
        self.is_done = threading.Event()

    def __call__(self, *_):
        if self.left:
            self.left -= 1
            raise self.error
        self.is_done.set()


@pytest.mark.parametrize("error", [OperationalError("locked"), ZeroDivisionError()], ids=["database", "anything"])
def test_a_chore_that_breaks_does_not_end_the_pulse(begin, error):
    chore = Chore(error, times=2)

    begin(chore)

    assert chore.is_done.wait(5)


def test_one_works_broken_shipping_does_not_keep_the_others_lines_back(alice, node, order, begin, monkeypatch):
    task = order(alice, [1, 2])
    broken, sound = (Work(scheduler.claim(node, slot)) for slot in "01")
    store, is_shipped = output.append, threading.Event()

    def break_the_first(attempt, *chunk):
        if attempt == broken.attempt:
            raise ValueError("a chunk that cannot be stored")
        store(attempt, *chunk)
        is_shipped.set()

    monkeypatch.setattr(output, "append", break_the_first)
    for work in (broken, sound):
        work.output.add("stdout", "hello")
    beating = begin()

    beating.hold(broken)
    beating.hold(sound)

    assert is_shipped.wait(5)
    assert output.task_text(task, "stdout")[1] == " 2> hello\n"


def test_work_whose_lines_cannot_be_shipped_is_dropped_in_time(alice, node, order, begin, monkeypatch):
    order(alice, [1])
    work = Work(scheduler.claim(node, "0"))
    monkeypatch.setattr(pulse, "GIVE_UP_SECONDS", 0.05)
    monkeypatch.setattr(output, "append", Chore(OperationalError("gone"), times=10**6))
    work.output.add("stdout", "hello")
    dropped = threading.Event()
    monkeypatch.setattr(work.output, "close", dropped.set)
    beating = begin()

    beating.hold(work)

    assert dropped.wait(5)
    assert work.dropped is Dropped.TAKEN


def test_what_could_not_be_given_back_is_given_back_at_the_next_beat(alice, node, order, monkeypatch):
    task = order(alice, [1])
    slot = claims.Claims(node, "0")
    slot.note_seconds(0.3)
    slot.look_ahead()
    monkeypatch.setattr(claims, "AHEAD_SECONDS", 0.0)
    release = reports.released

    def break_once(attempt):
        monkeypatch.setattr(reports, "released", release)
        raise OperationalError("locked")

    monkeypatch.setattr(reports, "released", break_once)
    with pytest.raises(OperationalError):
        slot.give_back_stale()

    slot.give_back_stale()

    assert task.instances.get().state == InstanceState.WAITING
    assert Attempt.objects.get().outcome == Attempt.Outcome.RELEASED
    slot.end()
