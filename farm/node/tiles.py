"""The part of a tiled picture that joins the tiles: fetched from the results, put together, and cleared away."""

import time
from pathlib import Path

from farm import licences
from farm.engines.joining import open_joining
from farm.models import Instance, Phase, Task
from farm.node import collector, staging
from farm.node.work import Work
from farm.node.workspace import Machine, Workspace
from farm.storage import backing


class JoiningPlace(Workspace):
    """Beside the workspace of the task's scene, whose warm engine it leaves alone."""

    def __init__(self, task: Task, folder: Path, machine: Machine) -> None:
        super().__init__(task, folder, machine, lambda task, place: open_joining(place))

    def prepare(self, work: Work) -> None:
        """Fetches the tiles. Raises StagingFailed where one is gone, and else what staging does."""
        began = time.monotonic()
        work.phase = Phase.DOWNLOAD
        self.make_folders()
        self._fetch(work)
        self._staged = collector.stamps(self._job)
        self.resources_version = work.task.resources_version
        work.download_seconds = time.monotonic() - began

    def gather(self, work: Work, outbox: Path) -> collector.Harvest:
        harvest = super().gather(work, outbox)
        self.close()
        return harvest

    def _granted(self, task: Task) -> licences.Grant:
        """The tiles are joined by a program of ours."""
        return licences.NO_LICENCE

    def _fetch(self, work: Work) -> None:
        """Several at once: a picture may have hundreds of tiles."""
        try:
            staging.download(
                work.task,
                _plan_of(work.attempt.instance),
                self._job,
                lambda: work.dropped is not None,
                work.traffic.receive,
            )
        except staging.ResourceGone as gone:
            self.close()
            sentence = f"The tile “{gone.key}” was removed from the bucket “{gone.bucket}” before it was used."
            raise staging.StagingFailed("TILES_MISSING", f"{sentence} Render the picture again.") from gone


def clear_away(instance: Instance) -> None:
    """Removes the tiles of a picture that is put together. Raises boto's errors."""
    task = instance.task
    for key in _tiles_of(instance):
        backing.delete_object(task.account_id, task.result_bucket, key)
    Instance.objects.filter(task=task, frame=instance.frame, part__lt=instance.part).update(results=[])


def _plan_of(join: Instance) -> staging.Plan:
    """The tiles below the job folder as their instances left them. Nobody has asked how large each is."""
    task = join.task
    paths = {key: staging.safe_path(key.removeprefix(task.results_prefix)) for key in _tiles_of(join)}
    found = {path: staging.Source(task.result_bucket, key, etag="", size=0) for key, path in paths.items() if path}
    return staging.Plan(found)


def _tiles_of(join: Instance) -> list[str]:
    """The keys of the results of the frame's tiles."""
    tiles = Instance.objects.filter(task=join.task_id, frame=join.frame, part__lt=join.part)
    return [key for results in tiles.order_by("part").values_list("results", flat=True) for key in results]
