"""What the SDK sees of instances while they run and after: phase, processor, memory, progress, times."""

import pytest

from tests.contract.orders import until

BUSY = "echo began; end=$(($(date +%s) + 4)); until [ -e enough.txt ] && [ $(date +%s) -gt $end ]; do :; done"


@pytest.fixture(scope="module")
def watched(orders):
    """A task of one instance that computed until it was seen at it, and what was told of it meanwhile."""
    signals = orders.bucket("signals")
    orders.put(signals, "begin.txt", "")
    task = orders.shell(BUSY, resources=[signals])
    task.submit()
    seen = until(task, lambda now: _busy(now.status))
    orders.put(signals, "enough.txt", "")
    task.update_resources()
    until(task, lambda now: now.state == "Success")
    return task, seen


def _busy(status):
    """The status when its instance has computed for a heartbeat."""
    info = status.running_instances_info if status else None
    each = info.per_running_instance_info if info else []
    return info if each and each[0].phase == "execution" and each[0].cpu_usage > 10 else None


def test_a_running_instance_shows_what_it_does(watched):
    (instance,) = watched[1].per_running_instance_info

    assert (instance.instance_id, instance.phase, instance.execution_attempt_count) == (0, "execution", 1)
    assert instance.current_memory_mb > 0
    assert 0 < instance.memory_usage < 1
    assert instance.execution_time_sec > 0
    assert instance.cpu_model


def test_running_instances_are_summed_up(watched):
    info = watched[1]
    (instance,) = info.per_running_instance_info

    assert info.average_cpu_usage == instance.cpu_usage
    assert info.average_frequency_ghz == instance.current_frequency_ghz
    assert info.running_core_count_by_cpu_model[0]["model"] == instance.cpu_model


def test_an_ended_instance_tells_its_times_and_its_frequency(watched):
    (ended,) = watched[0].completed_instances

    assert ended.exec_time_sec >= 3
    assert ended.wall_time_sec >= ended.exec_time_sec
    assert ended.exec_time_sec_ghz == pytest.approx(ended.exec_time_sec * ended.average_ghz, rel=0.01)


def test_execution_is_told_by_the_processors_model(watched):
    status = watched[0].status
    (model,), (ghz,) = status.execution_time_by_cpu_model, status.execution_time_ghz_by_cpu_model

    assert model.time == pytest.approx(watched[0].completed_instances[0].exec_time_sec)
    assert (model.model, model.core) == (ghz.model, ghz.core)


def test_charlie_is_told_nothing_of_it(watched, charlie):
    assert charlie.ask("GET", f"/tasks/{watched[0].uuid}").status_code == 404
