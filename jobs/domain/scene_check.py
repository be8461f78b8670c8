"""The scene check: what the file says within seconds, then what only Blender knows. Runs in a worker.

No code of a scene runs in this process: the file is read in the sandbox, and Blender has its own.
"""

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs import farms, sandboxed
from jobs.buckets import AccountBucket, StoredObject, StoreError, bucket_of
from jobs.domain import archives, blend_files, confirmation, thumbnails
from jobs.domain.orders import blender_versions, proposed_version
from jobs.domain.paths import likeliest_main
from jobs.domain.scene_facts import ColourView, LinkedFile, SceneFacts
from jobs.domain.scene_problems import problems_of
from jobs.domain.scenes import SCENES_BUCKET
from jobs.enums import SceneState
from jobs.models import Scene
from jobs.problems import any_blocks

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)
"""After this the sweep takes a check for lost and begins it again."""
MOST_CHECKS = 3
STORE_SILENT_FOR_AT_MOST = timedelta(hours=1)
READING_SECONDS = 60
READING_MEMORY_MB = 3072
MOST_BLEND_BYTES = 40 * 1024**3
"""Of all .blends of a scene together, on this worker's disk."""


class Refused(Exception):
    """The scene can't be rendered; `problem` says why."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["id"])
        self.problem = problem


def check(scene: Scene) -> None:
    """Checks a scene that is due. A second call at the same time does nothing."""
    if not _claim(scene):
        return
    try:
        with tempfile.TemporaryDirectory(prefix="scene-") as room:
            folder = Path(room) / "scene"
            folder.mkdir()
            _check(scene, folder)
    except Refused as refused:
        _settle(scene, SceneState.REFUSED, problems=[refused.problem])
    except sandboxed.NoSandbox as unsafe:
        _settle(scene, SceneState.REFUSED, problems=[{"id": "no_sandbox", "note": str(unsafe)[:500]}])
    except (*StoreError, farms.FarmDown) as failure:
        logger.warning("scene %s: the store does not answer: %s", scene.pk, failure)
        _again_later(scene)
    except Exception as failure:
        logger.exception("scene %s could not be checked", scene.pk)
        reason = f"{type(failure).__name__}."
        _settle(scene, SceneState.REFUSED, problems=[{"id": "check_failed", "reason": reason}])


def _claim(scene: Scene) -> bool:
    now = timezone.now()
    due = Scene.objects.filter(pk=scene.pk, state=SceneState.CHECKING, due_at__lte=now)
    won = due.update(due_at=now + LEASE, check_started_at=now, checked_at=None, check_count=F("check_count") + 1)
    if won:
        scene.refresh_from_db()
    if won and scene.check_count > MOST_CHECKS:
        _settle(
            scene, SceneState.REFUSED, problems=[{"id": "check_failed", "reason": "the check never came to its end."}]
        )
        return False
    return bool(won)


def _keep_lease(scene: Scene) -> None:
    """At most once a minute, however often it is called."""
    now = timezone.now()
    if scene.due_at is None or scene.due_at < now + LEASE - timedelta(minutes=1):
        scene.due_at = now + LEASE
        Scene.objects.filter(pk=scene.pk, state=SceneState.CHECKING).update(due_at=scene.due_at)


def _again_later(scene: Scene) -> None:
    """The store's silence is not counted against the scene, but said on its card; after an hour it is given up."""
    now = timezone.now()
    noted = next((problem for problem in scene.problems if problem["id"] == "store_silent"), None)
    since = datetime.fromisoformat(noted["since"]) if noted else now
    if now - since > STORE_SILENT_FOR_AT_MOST:
        reason = "the storage did not answer for an hour."
        _settle(scene, SceneState.REFUSED, problems=[{"id": "check_failed", "reason": reason}])
        return
    Scene.objects.filter(pk=scene.pk, state=SceneState.CHECKING).update(
        due_at=now + timedelta(seconds=10),
        check_count=F("check_count") - 1,
        problems=[{"id": "store_silent", "since": since.isoformat()}],
    )


def _check(scene: Scene, folder: Path) -> None:
    sandboxed.demand_safety(scene.account)
    bucket = bucket_of(scene.account, SCENES_BUCKET)
    objects = _unpacked(bucket, f"{scene.pk}/", lambda: _keep_lease(scene))
    blends = likeliest_main(path for path in objects if path.lower().endswith(".blend"))
    Scene.objects.filter(pk=scene.pk).update(size_bytes=sum(found.size for found in objects.values()))
    if not blends:
        raise Refused(_why_no_blend(bucket, objects))
    main_file = scene.main_file if scene.main_file in blends else blends[0]
    blends.insert(0, blends.pop(blends.index(main_file)))
    Scene.objects.filter(pk=scene.pk).update(main_file=main_file, facts={"blend_files": blends})
    scene.main_file = main_file
    problem = blend_files.refusal(main_file, _head(bucket, objects[main_file]))
    if problem:
        raise Refused(problem)
    _lay_out(bucket, objects, blends, folder)
    said = read_scene(folder, main_file)
    if said is None:  # older than the reader knows; Blender may still open it
        said = confirmation.facts_from_blender(_ask_blender(folder, main_file, ""))
        if said is None:
            raise Refused({"id": "damaged", "file": main_file})
    facts = facts_of(said, blends)
    _settle(scene, _state(said, facts, main_file), facts, _problems(said, facts, main_file), is_last=False)
    thumbnails.keep_scene_thumbnail(scene, said.get("thumbnail"))
    _confirm(scene, folder, facts, said)


def _unpacked(bucket: AccountBucket, prefix: str, alive: Callable[[], None]) -> dict[str, StoredObject]:
    """Path → object. A zip is unpacked where no .blend lies beside it."""
    objects = {found.key.removeprefix(prefix): found for found in bucket.list(prefix)}
    zips = [path for path in objects if path.lower().endswith(".zip")]
    if zips and not any(path.lower().endswith(".blend") for path in objects):
        for path in zips:
            try:
                archives.unpack(bucket, objects[path].key, objects[path].size, prefix, alive)
            except archives.ArchiveRefused as refused:
                raise Refused(refused.problem) from refused
        objects = {found.key.removeprefix(prefix): found for found in bucket.list(prefix)}
    return objects


def _why_no_blend(bucket: AccountBucket, objects: dict[str, StoredObject]) -> dict[str, Any]:
    if len(objects) == 1:
        (path, found) = next(iter(objects.items()))
        return blend_files.refusal(path, _head(bucket, found)) or {"id": "not_a_blend", "file": path, "looks": ""}
    return {"id": "no_blend", "count": len(objects)}


def _head(bucket: AccountBucket, found: StoredObject) -> bytes:
    return bucket.read(found.key, 0, min(found.size, blend_files.MAGIC_BYTES) - 1) if found.size else b""


def _lay_out(bucket: AccountBucket, objects: dict[str, StoredObject], blends: list[str], folder: Path) -> None:
    """The .blends whole; of every other file its name, which is all that is asked about it."""
    if sum(objects[path].size for path in blends) > MOST_BLEND_BYTES:
        raise Refused({"id": "too_heavy_to_read", "file": blends[0]})
    for path, found in objects.items():
        there = folder / path
        there.parent.mkdir(parents=True, exist_ok=True)
        if path in blends:
            bucket.download(found.key, there)
        else:
            there.touch()


def read_scene(folder: Path, main_file: str) -> dict[str, Any] | None:
    """What the file says (`folder` is the sandbox's while it is read); None where it can't be read."""
    room = folder.parent
    try:
        said = sandboxed.run(
            "scene.py",
            [f"{sandboxed.inside(room)}/{folder.name}", main_file],
            folder=room,
            seconds=READING_SECONDS,
            memory_mb=READING_MEMORY_MB,
        )
    except sandboxed.ReaderFailed as failure:
        if failure.reason in ("slow", "heavy"):
            raise Refused({"id": "too_heavy_to_read", "file": main_file}) from failure
        raise
    if said.get("error") == "too_heavy":
        raise Refused({"id": "too_heavy_to_read", "file": main_file})
    return None if "error" in said else said


def facts_of(said: dict[str, Any], blends: list[str]) -> SceneFacts:
    links = [LinkedFile(**link) for link in said.get("linked_files", [])]
    more = {name: said[name] for name in SceneFacts.__dataclass_fields__ if name in said}
    more.update(
        linked_files=links,
        colour=ColourView(**said.get("colour", {})),
        blocked_scripts=said.get("registered_scripts", []),
        blend_files=blends,
    )
    return SceneFacts(**more)


def _problems(said: dict[str, Any], facts: SceneFacts, main_file: str) -> list[dict[str, Any]]:
    return problems_of(facts, main_file, blender_versions(), bool(said.get("has_border")))


def _state(said: dict[str, Any], facts: SceneFacts, main_file: str) -> SceneState:
    return SceneState.REFUSED if any_blocks(_problems(said, facts, main_file)) else SceneState.READY


def _confirm(scene: Scene, folder: Path, facts: SceneFacts, said: dict[str, Any]) -> None:
    """Folds in what a sandboxed Blender found. One that fails leaves what the file itself says."""
    answer = _ask_blender(folder, scene.main_file, facts.blender_line)
    confirmed = confirmation.folded(facts, answer)
    problems = _problems(said, confirmed, scene.main_file)
    if "error" in answer:
        problems.append({"id": "not_confirmed", "reason": str(answer["error"])[:300]})
    state = SceneState.REFUSED if any_blocks(problems) else SceneState.READY
    _settle(scene, state, confirmed, problems)


def _ask_blender(folder: Path, main_file: str, line: str) -> dict[str, Any]:
    if not settings.SCENE_PROBE:
        return {}
    version = proposed_version(line)
    if version is None or not version.is_installed:
        return {}
    answer: dict[str, Any] = import_string(settings.SCENE_PROBE)(folder, main_file, version.line)
    return answer


def _settle(
    scene: Scene,
    state: SceneState,
    facts: SceneFacts | None = None,
    problems: list[dict[str, Any]] | None = None,
    is_last: bool = True,
) -> None:
    """Writes what is known. Before the last word of Blender the scene stays due, lest a lost worker leave it half."""
    changes: dict[str, Any] = {"state": state, "problems": problems or []}
    if facts is not None:
        changes["facts"] = facts.to_json()
    if is_last:
        changes.update(checked_at=timezone.now(), due_at=None)
    Scene.objects.filter(pk=scene.pk).update(**changes)
    scene.refresh_from_db()
