"""The engine that runs a command in an image: fetched for the first order, kept for those that follow."""

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from django.conf import settings

import sandbox
from farm.engines.docker_batch.command import command_of, environment_in, folder_in, hostname_in
from farm.engines.docker_batch.faults import Fault, Stopped
from farm.engines.docker_batch.image_cache import Image, ImageCache
from farm.engines.docker_batch.image_name import ImageName, image_name
from farm.engines.docker_batch.installation import INSTALLATION
from farm.engines.docker_batch.progress import ProgressFinder
from farm.engines.docker_batch.pulling import Login, Pull
from farm.engines.docker_batch.running import Container, Running
from farm.engines.events import STOPPED, Began, Event, LogLine, Outcome
from farm.engines.profile import EnginePlace, InstanceOrder, Profile


class DockerEngine:
    def __init__(self, profile: Profile, place: EnginePlace) -> None:
        self._profile = profile
        self._place = replace(place, limits=replace(place.limits, may_fork=True))
        self._image: Image | None = None
        self._fetched: tuple[ImageName, Login] | None = None
        self._running: Running | None = None

    @property
    def pid(self) -> int:
        return self._running.pid if self._running else 0

    def start(self) -> None:
        """Which image it is, the first order says. A bucket keeps no mode: every staged file may be a program."""
        self._place.scratch.mkdir(parents=True, exist_ok=True)
        for parent, _, names in os.walk(self._place.job):
            for name in names:
                _make_executable(Path(parent) / name)

    def run(
        self, instance: InstanceOrder, on_event: Callable[[Event], None], should_stop: Callable[[], bool]
    ) -> Outcome:
        began = time.monotonic()
        try:
            finder = ProgressFinder(self._constants(instance))
            self._running = self._launched(self._container(instance, on_event, should_stop))
        except Fault as fault:
            return Outcome(1, fault.code, str(fault), 0.0, time.monotonic() - began)
        except Stopped:
            return Outcome(1, STOPPED, "The order was stopped.", 0.0, time.monotonic() - began)
        load_seconds = time.monotonic() - began
        try:
            on_event(Began())
            return replace(self._running.to_its_end(finder, on_event, should_stop), load_seconds=load_seconds)
        finally:
            self._end()

    def close(self) -> None:
        self._end()
        if self._image is not None:
            self._image.close()
            self._image = self._fetched = None

    def _end(self) -> None:
        if self._running is not None:
            self._running.end()
            self._running = None

    def _launched(self, container: Container) -> Running:
        try:
            return Running(container, self._place)
        except sandbox.UnsafeRoot as unsafe:
            raise Fault(
                "IMAGE_UNREADABLE", f"The image can't be run: {unsafe}. Build it anew without that."
            ) from unsafe

    def _container(
        self, instance: InstanceOrder, on_event: Callable[[Event], None], should_stop: Callable[[], bool]
    ) -> Container:
        """Raises Fault, Stopped, OSError."""
        constants = self._constants(instance)
        hostname = hostname_in(constants, instance.instance_id)
        image = self._image_for(constants, lambda text: on_event(LogLine("stderr", text)), should_stop)
        if constants.get("DOCKER_USER"):
            on_event(LogLine("stderr", "DOCKER_USER is not followed: every command runs as a user without any rights"))
        return Container(
            root=image.root,
            command=command_of(image.config, constants),
            environment=environment_in(image.config, instance.environment),
            folder=folder_in(image.config, constants),
            hostname=hostname,
        )

    def _constants(self, instance: InstanceOrder) -> dict[str, str]:
        """Each may also be given as a secret: Qarnot's scripts write QARNOT_SECRET__DOCKER_REGISTRY_PASSWORD."""
        given = instance.environment
        names = [one.name for one in self._profile.constants]
        secret = {name: given.get(f"QARNOT_SECRET__{name}", "") for name in names}
        return {one.name: given.get(one.name) or secret[one.name] or one.default for one in self._profile.constants}

    def _image_for(
        self, constants: Mapping[str, str], say: Callable[[str], None], should_stop: Callable[[], bool]
    ) -> Image:
        """The registry is asked once for all orders of a task that this slot does."""
        name = image_name(constants)
        login = Login(constants.get("DOCKER_REGISTRY_LOGIN", ""), constants.get("DOCKER_REGISTRY_PASSWORD", ""))
        if self._image is None or self._fetched != (name, login):
            self.close()
            pull = Pull(
                name,
                login,
                ImageCache(Path(settings.IMAGES_FOLDER), settings.IMAGE_CACHE_MB),
                INSTALLATION.unpacked(self._profile),
                settings.LARGEST_IMAGE_MB,
                frozenset(settings.REGISTRIES_INSIDE),
                say,
                should_stop,
            )
            self._image, self._fetched = pull.image(), (name, login)
        return self._image


def open_engine(profile: Profile, place: EnginePlace) -> DockerEngine:
    return DockerEngine(profile, place)


def _make_executable(path: Path) -> None:
    """Nothing but staged files lies there yet; a link is not followed all the same."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1:
            os.fchmod(descriptor, stat.S_IMODE(facts.st_mode) | 0o555)
    finally:
        os.close(descriptor)
