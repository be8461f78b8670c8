"""An engine that reads no more of what it is told holds its slot no longer than the order may take."""

import time
from dataclasses import replace

import sandbox
from farm.engines import joining
from farm.engines.events import STOPPED
from farm.engines.host_program import HostProgram
from farm.engines.process import EngineProcess
from farm.engines.profile import EnginePlace, InstanceOrder

LONG = InstanceOrder(1, 1, environment={"LONG": "x" * 1_000_000})


def deaf_engine(tmp_path, limits):
    job, program = tmp_path / "job", tmp_path / "host_deaf.py"
    job.mkdir()
    program.write_text("import time\ntime.sleep(60)\n")
    place = EnginePlace(job=job, scratch=tmp_path / "scratch", threads=1, tier=sandbox.Tier.C, limits=limits)
    return EngineProcess(joining._JOINING, place, HostProgram(program))


def test_an_order_that_is_stopped_ends(tmp_path):
    began = time.monotonic()
    with deaf_engine(tmp_path, sandbox.Limits()) as engine:
        outcome = engine.run(LONG, lambda event: None, lambda: time.monotonic() > began + 0.5)

    assert outcome.error_code == STOPPED
    assert time.monotonic() - began < 30


def test_an_order_has_its_time_and_no_more(tmp_path):
    with deaf_engine(tmp_path, replace(sandbox.Limits(), wall_seconds=0.5)) as engine:
        outcome = engine.run(LONG, lambda event: None, lambda: False)

    assert outcome.error_code == "TIME_LIMIT"
