"""What a machine says of itself and of the work it does."""

import os

import psutil
import pytest

from farm.models import Instance, Phase
from farm.node import identity, machine
from farm.node.meters import Traffic
from tests.node.conftest import write_picture
from tests.stack import wait_until


@pytest.fixture
def disks(tmp_path, monkeypatch):
    """`disks(sda=True, loop0=True)`: the machine's disks and whether they turn; the folder's own is hidden."""
    monkeypatch.setattr(os, "major", lambda device: 0)
    monkeypatch.setattr(os, "minor", lambda device: 10**6)
    monkeypatch.setattr(machine, "_DISKS", tmp_path)

    def there_are(**kinds):
        for name, turns in kinds.items():
            (tmp_path / name / "queue").mkdir(parents=True)
            (tmp_path / name / "queue" / "rotational").write_text(f"{int(turns)}\n")

    return there_are


@pytest.mark.parametrize(
    ("kinds", "is_ssd"),
    [
        ({"nvme0n1": False, "loop0": True}, True),
        ({"nvme0n1": False, "sda": True}, False),
        ({"loop0": False}, False),
        ({}, False),
    ],
)
def test_where_the_disk_is_hidden_no_disk_may_turn(disks, tmp_path, kinds, is_ssd):
    disks(**kinds)

    assert machine.has_ssd(tmp_path) is is_ssd


def test_a_machine_without_a_card_names_none(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_NVIDIA", tmp_path)
    assert machine.gpu_model() == ""

    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t\t NVIDIA RTX A4000\nIRQ: 42\n")
    assert machine.gpu_model() == "NVIDIA RTX A4000"


def test_a_machine_that_hides_its_frequency_says_nought(monkeypatch):
    def refuse():
        raise NotImplementedError

    monkeypatch.setattr(psutil, "cpu_freq", refuse)

    assert machine.frequency() == (0.0, 0.0)


@pytest.mark.django_db
def test_a_node_registers_what_it_is_made_of(tmp_path):
    node = identity.register("node-9", "home", 2, tmp_path)

    assert (node.core_count, node.cpu_model) == (len(os.sched_getaffinity(0)), machine.cpu_model())
    assert node.memory_mb == psutil.virtual_memory().total // 2**20
    assert node.has_ssd is machine.has_ssd(tmp_path)


def test_traffic_is_told_as_kilobits_a_second_since_the_last_look(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    traffic = Traffic()
    traffic.receive(250_000)
    traffic.send(125_000)

    now[0] += 2.0
    assert traffic.kbps() == (1000.0, 500.0)
    now[0] += 2.0
    assert traffic.kbps() == (0.0, 0.0)


@pytest.mark.django_db(transaction=True)
def test_the_mean_frequency_of_an_execution_is_kept_however_short_it_was(alice, order, s3_store, shift, monkeypatch):
    monkeypatch.setattr(machine, "frequency", lambda: machine.Frequency(2.5, 4.0))
    task = order(alice, [1])

    shift(write_picture).work()

    assert task.instances.get().average_frequency_ghz == 2.5
    assert task.instances.get().frequency_ghz == 0.0


@pytest.mark.django_db(transaction=True)
def test_an_instance_that_executes_shows_for_how_long(alice, order, s3_store, shift):
    task = order(alice, [1])
    seen = []

    def render(job, frame, say, should_stop):
        executing = Instance.objects.filter(task=task, phase=Phase.EXECUTION, execution_seconds__gt=0)
        seen.append(wait_until(lambda: executing.all().first(), 20))

    shift(render).work()

    assert 0 < seen[0].execution_seconds < 60
