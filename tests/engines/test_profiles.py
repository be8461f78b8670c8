"""Which renderer a name stands for."""

import json

import pytest

from farm.engines import profiles
from farm.engines.installation import engine_folder


@pytest.fixture
def installed(tmp_path, settings):
    settings.ENGINES_FOLDER = tmp_path

    def installed(name):
        profile = profiles.all_profiles()[name]
        folder = engine_folder(profile)
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch(mode=0o755)
        (folder / "installed.json").write_text(json.dumps({"version": profile.version}))

    return installed


def test_blender_is_the_newest_that_is_installed(installed):
    installed("blender-4.5")
    assert profiles.find("blender").name == "blender-4.5"

    installed("blender-5.2")
    assert profiles.find("blender").name == "blender-5.2"


def test_an_unknown_name_is_no_profile(installed):
    assert profiles.find("blender-2.92") is None


def test_the_versions_say_which_are_installed(installed):
    installed("blender-5.2")

    versions = profiles.blender_versions()

    assert [(known["profile"], known["version"], known["line"], known["installed"]) for known in versions] == [
        ("blender-4.5", "4.5.15", "4.5", False),
        ("blender-5.2", "5.2.3", "5.2", True),
    ]
