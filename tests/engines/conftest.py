"""A real Blender in the real sandbox, and scenes made for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

import sandbox
from farm.engines import profiles
from farm.engines.events import FileWritten, LogLine, Progress
from farm.engines.installation import InstallationFailed
from farm.engines.profile import EnginePlace, InstanceOrder

MAKING = Path(__file__).parent / "making_scenes.py"


@pytest.fixture(scope="session")
def blender():
    profile = profiles.find("blender-4.5")
    if not profile.is_installed:
        pytest.skip("blender-4.5 is not installed: manage.py engine install blender-4.5")
    return profile


@pytest.fixture(scope="session")
def povray():
    return installed("povray-3.7")


@pytest.fixture(scope="session")
def luxcore():
    return installed("luxcore-2.11")


def installed(name):
    """The small ones are installed where they are missing."""
    profile = profiles.all_profiles()[name]
    try:
        profile.installation.install(profile, print)
    except InstallationFailed as failure:
        pytest.skip(str(failure))
    return profile


@pytest.fixture(scope="session")
def made_scenes(blender, tmp_path_factory):
    """The folder of the scenes that making_scenes.py makes, all in one Blender."""
    folder = tmp_path_factory.mktemp("scenes")
    command = [blender.python, MAKING, folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return folder


class Farm:
    """A job folder, and engines that render in it."""

    def __init__(self, folder, profile):
        self.folder = folder
        self.job = folder / "job"
        self.job.mkdir()
        self.profile = profile
        self.tier = sandbox.self_test().tier
        self.limits = sandbox.Limits()
        self.engines = []

    def write(self, name, text):
        there = self.job / name
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text)
        return name

    def stage(self, file, name=""):
        there = self.job / (name or Path(file).name)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, there)
        return there.relative_to(self.job).as_posix()

    def engine(self):
        place = EnginePlace(self.job, self.folder / "scratch", threads=2, tier=self.tier, limits=self.limits)
        engine = self.profile.open_engine(self.profile, place)
        self.engines.append(engine)
        return engine

    def render(self, file, frame=1, *, part=0, tile_side=1, engine=None, should_stop=lambda: False, **constants):
        """One frame or tile; what was said of it is in `outcome`, `lines` and `events`."""
        order = InstanceOrder(frame, frame, part, tile_side, {self.profile.scene_constant: file, **constants})
        events = []
        rendered = (engine or self.engine()).run(order, events.append, should_stop)
        return Rendered(rendered, events)


class Rendered:
    def __init__(self, outcome, events):
        self.outcome = outcome
        self.events = events
        self.lines = [event.text for event in events if isinstance(event, LogLine)]

    def said(self, words):
        return any(words in line for line in self.lines)

    @property
    def percents(self):
        return [event.percent for event in self.events if isinstance(event, Progress)]

    @property
    def files(self):
        return [event.path for event in self.events if isinstance(event, FileWritten)]


@pytest.fixture
def farm(tmp_path, blender):
    farm = Farm(tmp_path, blender)
    yield farm
    for engine in farm.engines:
        engine.close()


@pytest.fixture(params=["blender-4.2", "blender-4.5", "blender-5.2"])
def any_farm(farm, request):
    """A farm of each Blender in turn."""
    farm.profile = profiles.find(request.param)
    if not farm.profile.is_installed:
        pytest.skip(f"{request.param} is not installed")
    return farm
