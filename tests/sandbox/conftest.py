"""Hostile commands, run in the tiers that this machine has."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import sandbox

PYTHON = Path(sys.executable)


@dataclass
class Ended:
    exit_code: int
    said: str


@pytest.fixture(params=["A", "B"])
def tier(request):
    try:
        sandbox.attack(sandbox.Tier(request.param))
    except Exception as reason:
        pytest.skip(f"no tier {request.param} here: {reason}")
    return sandbox.Tier(request.param)


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tier, job, tmp_path):
    """Starts Python code in the sandbox; whatever still runs is ended with the test."""
    started = []
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def start(code, *arguments, **limits):
        process = sandbox.launch(
            [str(PYTHON), "-I", "-S", "-c", code, *map(str, arguments)],
            job=job,
            read_only=sandbox.interpreter_folders(PYTHON),
            environment={},
            limits=sandbox.Limits(**limits),
            tier=tier,
            scratch=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        sandbox.end(process)


@pytest.fixture
def run(start):
    """Runs Python code in the sandbox to its end."""

    def run(code, *arguments, **limits):
        process = start(code, *arguments, **limits)
        said, _ = process.communicate(timeout=60)
        return Ended(process.returncode, said.decode().strip())

    return run
