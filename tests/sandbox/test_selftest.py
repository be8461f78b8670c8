"""What a machine says of its own sandbox."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import sandbox
from sandbox import cage, landlock, selftest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def self_test():
    """Uncached: each test has a machine of its own."""
    return selftest.self_test.__wrapped__


def test_a_tier_is_given_only_where_every_attempt_was_refused(tier):
    refused = sandbox.attack(tier)

    assert len(refused) == 11
    assert all(refused.values())


def test_the_open_tier_refuses_next_to_nothing():
    refused = sandbox.attack(sandbox.Tier.C)

    assert not refused["read_a_file_outside"]
    assert not refused["signal_a_process_outside"]


def test_without_bubblewrap_scenes_are_confined_and_one_command_is_named(self_test, monkeypatch):
    if landlock.version() < landlock.LEAST_VERSION:
        pytest.skip("this kernel has no Landlock to fall back on")
    without(monkeypatch, "bwrap")

    found = self_test()

    assert found.tier == sandbox.Tier.B
    assert "apt-get install bubblewrap" in found.note


def test_with_neither_the_machine_is_open_and_says_why(self_test, monkeypatch):
    without(monkeypatch, "bwrap")
    monkeypatch.setattr(landlock, "LEAST_VERSION", 10_000)
    monkeypatch.setattr(sandbox.launching, "_under_supervision", refuse_to_confine)

    found = self_test()

    assert found.tier == sandbox.Tier.C
    assert "takes only its owner's scenes" in found.note
    assert "apt-get install bubblewrap" in found.note


def test_an_ordinary_user_gets_the_same_tier():
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if os.getuid() != 0 or python is None:
        pytest.skip("only root can become another user")
    program = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import sandbox; print(sandbox.self_test().tier)"

    answer = subprocess.run(
        [python, "-I", "-B", "-c", program], user=65534, group=65534, capture_output=True, text=True, cwd="/", env={}
    )

    if "No module named 'sandbox'" in answer.stderr or "Permission" in answer.stderr:
        pytest.skip("this checkout cannot be read by other users")
    assert answer.stdout.strip() == sandbox.self_test().tier


def without(monkeypatch, missing):
    find = cage._tool

    def tool(name):
        if name == missing:
            raise cage.MissingTool(name)
        return find(name)

    monkeypatch.setattr(cage, "_tool", tool)


def refuse_to_confine(orders, streams):
    raise OSError("this kernel's Landlock is version 0, 3 is needed")
