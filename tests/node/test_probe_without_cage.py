"""A machine without a cage does not open what strangers uploaded."""

import pytest

import sandbox
from farm.engines import profiles
from farm.engines.blender import probe


@pytest.fixture
def no_cage(monkeypatch):
    test = sandbox.SelfTest(sandbox.Tier.C, "Tier A does not start: no bwrap. Install bubblewrap.", {})
    monkeypatch.setattr(sandbox, "self_test", lambda: test)


def test_a_scene_is_refused_with_what_to_change(no_cage, tmp_path, monkeypatch):
    (tmp_path / "scene.blend").write_bytes(b"BLENDER")
    monkeypatch.setattr(probe, "nearest_installed", lambda family, line: profiles.find("blender-4.5"))
    monkeypatch.setattr(probe, "readable_folders", lambda profile, host: [])
    monkeypatch.setattr(probe, "start_command", lambda profile, host: ["python"])
    started = []
    monkeypatch.setattr(sandbox, "launch", lambda *command, **wishes: started.append(command))

    said = probe.probe_scene(tmp_path, "scene.blend", "4.5")

    assert "Install bubblewrap." in said["error"]
    assert started == []
