"""Which renderer a name stands for."""

import json

import pytest

from farm.engines import profiles
from farm.engines.installation import engine_folder


@pytest.fixture
def installed(tmp_path, settings):
    settings.ENGINES_FOLDER = tmp_path

    def installed(*names):
        for name in names:
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


@pytest.mark.parametrize(
    ("ordered", "answered"),
    [
        ("blender-2.79", "blender-4.2"),
        ("blender-2.92", "blender-4.2"),
        ("blender-4.2", "blender-4.2"),
        ("blender-4.3", "blender-4.5"),
        ("blender-4.5.3", "blender-4.5"),
        ("blender-5.0", "blender-5.2"),
        ("blender-6.1", "blender-5.2"),
    ],
)
def test_a_version_we_lack_is_the_nearest_newer_one_or_else_the_newest(installed, ordered, answered):
    installed("blender-4.2", "blender-4.5", "blender-5.2")

    assert profiles.find(ordered).name == answered


def test_a_version_we_lack_is_one_that_is_installed(installed):
    installed("blender-5.2")

    assert profiles.find("blender-2.92").name == "blender-5.2"


def test_a_version_we_have_is_itself_though_it_is_not_installed(installed):
    installed("blender-5.2")

    assert profiles.find("blender-4.2").name == "blender-4.2"


@pytest.mark.parametrize("name", ["maya-2024", "blender-", "blender-old", "blenderish", "", "-2.92"])
def test_an_unknown_name_is_no_profile(installed, name):
    assert profiles.find(name) is None


def test_every_folder_of_an_engine_gives_its_profiles(installed):
    assert [profile.name for profile in profiles.families()["blender"]] == ["blender-4.2", "blender-4.5", "blender-5.2"]
    for family, members in profiles.families().items():
        assert all(profile.family == family for profile in members)
