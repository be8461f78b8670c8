"""One task's place in a slot: its staged files and its warm engine, kept while the slot stays with the task."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sandbox
from farm import licences, tiles
from farm.engines import profiles
from farm.engines.events import Began, Event, FileWritten, LogLine, Outcome, Progress
from farm.engines.profile import Engine, EnginePlace, InstanceOrder
from farm.models import Phase, Task
from farm.node import collector, resync, staging
from farm.node.environment import TooLong, environment_of, expanded, hidden_values
from farm.node.work import Work
from farm.qbox.asking import Nearby, nearby

LICENCE_PATIENCE_SECONDS = 120.0
"""A licence server that is started again shall cost nobody a frame."""


@dataclass(frozen=True)
class Machine:
    """What a slot has to render with."""

    threads: int
    tier: sandbox.Tier


class EngineMissing(Exception):
    """The task's profile isn't installed here (any more)."""


OpenEngine = Callable[[Task, EnginePlace], Engine]


def open_engine(task: Task, place: EnginePlace) -> Engine:
    profile = profiles.find(task.profile)
    if profile is None:
        raise EngineMissing(f"This machine has no “{task.profile}”.")
    return profile.open_engine(profile, place)


class Workspace:
    def __init__(self, task: Task, folder: Path, machine: Machine, open_engine: OpenEngine) -> None:
        self.task = task
        self._folder = folder
        self._job = folder / "job"
        self._machine = machine
        self._open_engine = open_engine
        self._engine: Engine | None = None
        self._is_engine_outdated = False
        """It may hold an older state of files that were brought anew, or another licence."""
        self._grant = licences.NO_LICENCE
        self._staged: dict[str, collector.Stamp] | None = None
        self._plan = staging.Plan()
        self.resources_version = 0
        """Of the wish (Task.resources_version) that the files fulfil."""

    def learn(self, work: Work) -> None:
        """What the instance will know, and what of it must not be printed.

        Raises DatabaseError, TooLong, licences.Trouble.
        """
        job = sandbox.job_path(self._job, self._machine.tier)
        grant = self._granted(work.task)
        self._is_engine_outdated = self._is_engine_outdated or grant != self._grant
        self._grant = grant
        work.environment = environment_of(work.attempt.instance, work.task, job, grant)
        work.output.hide(hidden_values(work.task, work.environment, grant))

    def prepare(self, work: Work) -> None:
        """Stages the files, where they aren't there yet, or not the newest. Raises staging's and boto's errors."""
        if self._staged is not None and self.resources_version >= work.task.resources_version:
            return
        began = time.monotonic()
        work.phase = Phase.DOWNLOAD
        self.make_folders()
        self._plan = staging.stage(
            work.task, self._job, lambda: work.dropped is not None, work.traffic.receive, _qbox_for(work)
        )
        self.resources_version = work.task.resources_version
        for key in self._plan.left_out[:20]:
            work.output.add("stderr", f"Not staged, its name is no path below the job folder: {key[:200]!a}")
        if not work.dropped:
            self._staged = collector.stamps(self._job)
        work.download_seconds = time.monotonic() - began

    def make_folders(self) -> None:
        """New and empty."""
        self.close()
        self._folder.mkdir(mode=0o711, parents=True)
        self._job.mkdir(mode=0o700)
        (self._folder / "scratch").mkdir(mode=0o700)

    def render(self, work: Work) -> Outcome:
        """Runs the work's instance until it ends or the work is dropped.

        Raises EngineMissing, OSError, licences.Trouble.
        """
        if work.task.ordered_profile:
            work.output.add("stdout", f"Ordered as {work.task.ordered_profile}; {work.task.profile} renders it.")
        if self._is_engine_outdated:
            self.stop_engine()
        engine = self._engine or self._start(work)
        if engine.pid:
            work.begin_execution(engine.pid)
        else:
            work.phase = Phase.ENVIRONMENT
        outcome = engine.run(
            _order(work),
            lambda event: _note(work, engine, event),
            lambda: work.dropped is not None,
        )
        work.execution_seconds = outcome.execution_seconds
        work.environment_seconds += outcome.load_seconds
        return outcome

    def gather(self, work: Work, outbox: Path) -> collector.Harvest:
        """Moves what the instance left out of the engine's reach, so that the next one may begin."""
        is_tile = tiles.is_tile(work.attempt.instance)
        white, black = ("", "") if is_tile else (work.task.results_whitelist, work.task.results_blacklist)
        filters = filters_of(work.task, white, black, work.task.results_prefix)
        harvest = collector.gather(self._job, self._staged or {}, outbox, filters)
        if harvest.is_staging_changed:
            self.close()
        return harvest

    def copy(
        self, outbox: Path, filters: collector.Filters, sent: dict[str, collector.Stamp], most_bytes: int
    ) -> list[collector.Copied]:
        """What the instance has so far, but for what `sent` holds. Raises TooMuchLeft, BadFilter, OSError."""
        return collector.copy(self._job, {**(self._staged or {}), **sent}, outbox, filters, most_bytes)

    def fetch_news(self, work: Work, incoming: Path) -> resync.News:
        """What changed in the buckets, into a folder of its own. Raises staging's and boto's errors."""
        return resync.fetch(
            work.task, self._plan, incoming, lambda: work.dropped is not None, work.traffic.receive, _qbox_for(work)
        )

    def lay_news(self, work: Work, news: resync.News, version: int) -> None:
        """Puts it in its place under the instance that renders; the next one begins with a fresh engine."""
        if self._staged is None or work.dropped:
            return
        laid, faults = resync.lay(news, self._job)
        self._staged |= laid
        self._plan, self.resources_version = news.plan, version
        self._is_engine_outdated = self._is_engine_outdated or bool(laid)
        for fault in faults[:20]:
            work.output.add("stderr", fault)

    def stop_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._is_engine_outdated = False

    def close(self) -> None:
        """Ends the engine and forgets the files; the next render stages them anew."""
        self.stop_engine()
        staging.wipe(self._folder)
        self._staged = None

    def _start(self, work: Work) -> Engine:
        work.phase = Phase.ENVIRONMENT
        began = time.monotonic()
        place = EnginePlace(
            job=self._job,
            scratch=self._folder / "scratch",
            threads=self._machine.threads,
            tier=self._machine.tier,
            limits=sandbox.Limits(),
            relay=_relay_once_it_answers(self._grant, work),
        )
        self._engine = self._open_engine(work.task, place)
        self._engine.start()
        work.environment_seconds = time.monotonic() - began
        return self._engine

    def _granted(self, task: Task) -> licences.Grant:
        """How the software gets its licence. Raises licences.Trouble."""
        return licences.grant_of(task)


def _relay_once_it_answers(grant: licences.Grant, work: Work) -> sandbox.Relay | None:
    """The slot waits for a licence server that is silent, and says so. Raises licences.Trouble when that takes long."""
    deadline = time.monotonic() + LICENCE_PATIENCE_SECONDS
    is_said = False
    while True:
        try:
            return licences.relay_of(grant)
        except licences.Trouble as trouble:
            if trouble.is_final or work.dropped or time.monotonic() > deadline:
                raise
            if not is_said:
                minutes = round(LICENCE_PATIENCE_SECONDS / 60)
                work.output.add("stderr", f"It is tried again for {minutes} minutes: {trouble}")
            is_said = True
        time.sleep(1.0)


def filters_of(task: Task, white: str, black: str, prefix: str) -> collector.Filters:
    """The lists may name the task's constants. Raises BadFilter."""
    known = {name: str(value) for name, value in task.constants.items()}
    try:
        return collector.Filters(expanded(white, known), expanded(black, known), prefix)
    except TooLong as fault:
        raise collector.BadFilter(f"The white or black list of results {fault}.") from fault


def _qbox_for(work: Work) -> Nearby | None:
    """Of the site where it is rendered. Raises DatabaseError."""
    node = work.attempt.node
    return nearby(node.site_id) if node else None


def _order(work: Work) -> InstanceOrder:
    instance = work.attempt.instance
    return InstanceOrder(
        instance_id=instance.instance_id,
        frame=instance.frame,
        part=instance.part,
        tile_side=work.task.tile_side,
        environment=work.environment,
    )


def _note(work: Work, engine: Engine, event: Event) -> None:
    match event:
        case LogLine(stream=stream, text=text):
            work.output.add(stream, text)
        case Began():
            work.begin_execution(engine.pid)
        case Progress(percent=percent):
            work.progress = max(0.0, min(100.0, percent))
        case FileWritten():
            pass  # said before the file is whole; the collector looks for itself
