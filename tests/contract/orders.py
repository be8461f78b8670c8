"""Orders by the unmodified SDK, and waiting for what comes of them."""

import contextlib
import shlex
from pathlib import Path

import pytest
from qarnot.exceptions import MissingTaskException, QarnotGenericException, UnauthorizedException

from tests.contract.other_farm import as_text
from tests.contract.people import Person
from tests.stack import wait_until

ENDED = ("Success", "Failure", "Cancelled")
ENDS_WITHIN_SECONDS = 60


class Orders:
    """Tasks of one test file: their names and buckets begin with its name."""

    def __init__(self, person: Person, name: str, registry: str = "") -> None:
        self.person, self.name, self.registry = person, name, registry
        self.connection = person.connection
        self._tasks: list = []
        self._count = 0

    def bucket(self, name: str, **files: bytes | Path):
        """A bucket of the file's own; `files` by key, with `__` for a slash in it where a keyword needs one."""
        bucket = self.connection.retrieve_or_create_bucket(f"{self.name}-{name}")
        for key, content in files.items():
            self.put(bucket, key.replace("__", "/"), content)
        return bucket

    @staticmethod
    def put(bucket, key: str, content: bytes | str | Path) -> None:
        if isinstance(content, Path):
            bucket.add_file(str(content), key)
        else:
            bucket.add_string(content if isinstance(content, str) else content.decode(), key)

    def blender(self, cube: Path, instances: int | str = 1, **settings):
        """A task of the quickest Blender order, not submitted. `settings` are the SDK's attributes."""
        scene = self.bucket("scene")
        self.put(scene, "cube.blend", cube)
        constants = {"BLEND_FILE": "cube.blend", **settings.pop("constants", {})}
        task = self.task("blender-4.5", instances, constants=constants, **settings)
        task.resources = [*task.resources, scene]
        return task

    def shell(self, script: str, instances: int | str = 1, **settings):
        """A task, not submitted, whose instances run the script in busybox's shell: about 0.2 s each."""
        if not self.registry:
            pytest.skip("no Docker registry could be started here")
        image = {"DOCKER_SRV": f"http://{self.registry}", "DOCKER_REPO": "busybox", "DOCKER_TAG": "latest"}
        constants = {**image, "DOCKER_CMD": f"sh -c {shlex.quote(script)}", **settings.pop("constants", {})}
        return self.task("docker-batch", instances, constants=constants, **settings)

    def task(self, profile: str, instances: int | str = 1, **settings):
        """A task, not submitted; its results go to a bucket of its own."""
        self._count += 1
        task = as_text(self.connection.create_task(f"{self.name} {self._count}", profile, instances))
        task.update_cache_time = 0
        task.results = self.bucket(f"out-{self._count}")
        for name, value in settings.items():
            setattr(task, name, value)
        self._tasks.append(task)
        return task

    def abort_all(self) -> None:
        for task in self._tasks:
            with contextlib.suppress(QarnotGenericException, UnauthorizedException, MissingTaskException):
                if task.uuid is not None:
                    task.abort()


def finished(task):
    """Submits the task and waits for its end; the task."""
    task.submit()
    return ended(task)


def ended(task):
    """Waits for the task's end without the SDK's ten seconds between two looks; the task."""
    until(task, lambda now: now.state in ENDED)
    return task


def until(task, condition, within_seconds: float = ENDS_WITHIN_SECONDS):
    """Waits until `condition(task)` is true of the task as the farm tells it now; its value."""
    is_fresh_at_each_reading = task.auto_update
    task.auto_update = False  # one request a look, however much of the task it looks at
    try:
        return wait_until(lambda: condition(seen(task)), within_seconds, lambda: told(task), every_seconds=0.2)
    finally:
        task.auto_update = is_fresh_at_each_reading


def seen(task):
    """The task as the farm tells it now."""
    task.update(flushcache=True)
    return task


def told(task) -> str:
    """All that the farm says of the task, for a test that fails."""
    errors = [f"{error.code}: {error.message}" for error in task.errors or []]
    return f"{task.name} is {task.state}; errors {errors}; stdout {task.stdout()!r}; stderr {task.stderr()!r}"


def results_of(task) -> dict[str, bytes]:
    """What lies in the task's result bucket, by key."""
    bucket = task.results
    return {
        file.key: bucket._connection.s3resource.Object(bucket.uuid, file.key).get()["Body"].read()
        for file in bucket.list_files()
    }
