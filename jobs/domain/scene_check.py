"""The scene check: what the file says within seconds, then what only Blender knows. Runs in a worker.

No code of a scene runs in this process: the file is read in the sandbox, and Blender has its own.
"""

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs import farms, sandboxed, software
from jobs.buckets import AccountBucket, QarnotShut, StoreError, bucket_of
from jobs.domain import blend_files, confirmation, other_scenes, scene_files, thumbnails
from jobs.domain.scene_facts import ColourView, LinkedFile, SceneFacts
from jobs.domain.scene_files import Refused
from jobs.domain.scene_problems import problems_of, problems_of_other
from jobs.domain.scenes import SCENES_BUCKET
from jobs.enums import SceneState, Where
from jobs.models import Scene
from jobs.problems import any_blocks
from jobs.profiles import BLENDER

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)
"""After this the sweep takes a check for lost and begins it again."""
MOST_CHECKS = 3
STORE_SILENT_FOR_AT_MOST = timedelta(hours=1)
READING_SECONDS = 60
READING_MEMORY_MB = 3072


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
        _again_later(scene, str(failure) if isinstance(failure, QarnotShut) else "")
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


def _again_later(scene: Scene, why_shut: str) -> None:
    """The store's silence is not counted against the scene, but said on its card; after an hour it is given up."""
    now = timezone.now()
    noted = next((problem for problem in scene.problems if problem["id"] == "store_silent"), None)
    since = datetime.fromisoformat(noted["since"]) if noted else now
    if now - since > STORE_SILENT_FOR_AT_MOST:
        silence = {"id": "check_failed", "reason": "the storage did not answer for an hour."}
        shut = {"id": "files_shut", "why": why_shut}
        _settle(scene, SceneState.REFUSED, problems=[shut if why_shut else silence])
        return
    Scene.objects.filter(pk=scene.pk, state=SceneState.CHECKING).update(
        due_at=now + timedelta(seconds=10),
        check_count=F("check_count") - 1,
        problems=[{"id": "store_silent", "since": since.isoformat(), **({"why": why_shut} if why_shut else {})}],
    )


def _check(scene: Scene, folder: Path) -> None:
    sandboxed.demand_safety(scene.account)
    bucket = bucket_of(scene.account, SCENES_BUCKET, Where(scene.stored_at))
    objects = scene_files.unpacked(scene, bucket, lambda: _keep_lease(scene))
    Scene.objects.filter(pk=scene.pk).update(size_bytes=sum(found.size for found in objects.values()))
    mains = scene_files.main_files(scene, bucket, objects)
    scene.main_file, scene.software = mains[0], software.family_of(scene.account, mains[0])
    Scene.objects.filter(pk=scene.pk).update(
        main_file=scene.main_file, software=scene.software, facts={"main_files": mains}
    )
    if scene.software == BLENDER:
        _check_blend(scene, bucket, objects, mains, folder)
    else:
        scene_files.lay_out(bucket, objects, scene_files.readable(objects), folder)
        _check_other(scene, mains, folder)


def _check_other(scene: Scene, mains: list[str], folder: Path) -> None:
    """Only the software's own reader can tell."""
    answer = _ask_probe(scene, folder, "")
    if "error" in answer:
        title = software.title_of(scene.account, scene.software)
        reason = str(answer["error"])[:300]
        raise Refused({"id": "not_understood", "file": scene.main_file, "software": title, "reason": reason})
    facts = other_scenes.facts_of(answer, mains)
    problems = problems_of_other(facts, scene.main_file, answer.get("problems") or [])
    _settle(scene, SceneState.REFUSED if any_blocks(problems) else SceneState.READY, facts, problems)


def _check_blend(
    scene: Scene, bucket: AccountBucket, objects: scene_files.Objects, blends: list[str], folder: Path
) -> None:
    main_file = scene.main_file
    problem = blend_files.refusal(main_file, scene_files.head(bucket, objects[main_file]))
    if problem:
        raise Refused(problem)
    scene_files.lay_out(bucket, objects, blends, folder)
    said = read_scene(folder, main_file)
    if said is None:  # older than the reader knows; Blender may still open it
        said = confirmation.facts_from_blender(_ask_probe(scene, folder, ""))
        if said is None:
            raise Refused({"id": "damaged", "file": main_file})
    facts = facts_of(said, blends)
    problems = _problems(scene, said, facts)
    _settle(scene, SceneState.REFUSED if any_blocks(problems) else SceneState.READY, facts, problems, is_last=False)
    thumbnails.keep_scene_thumbnail(scene, said.get("thumbnail"))
    _confirm(scene, folder, facts, said)


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
        main_files=blends,
    )
    return SceneFacts(**more)


def _problems(scene: Scene, said: dict[str, Any], facts: SceneFacts) -> list[dict[str, Any]]:
    blenders = software.versions(scene.account, BLENDER)
    return problems_of(facts, scene.main_file, blenders, bool(said.get("has_border")))


def _confirm(scene: Scene, folder: Path, facts: SceneFacts, said: dict[str, Any]) -> None:
    """Folds in what a sandboxed Blender found. One that fails leaves what the file itself says."""
    answer = _ask_probe(scene, folder, facts.software_line)
    confirmed = confirmation.folded(facts, answer)
    problems = _problems(scene, said, confirmed)
    if "error" in answer:
        problems.append({"id": "not_confirmed", "reason": str(answer["error"])[:300]})
    state = SceneState.REFUSED if any_blocks(problems) else SceneState.READY
    _settle(scene, state, confirmed, problems)


def _ask_probe(scene: Scene, folder: Path, line: str) -> dict[str, Any]:
    """What the software itself says of the scene; nothing where no probe is set. `line`: the file's own release."""
    profile = software.proposed(scene.account, scene.software, line)
    if not settings.SCENE_PROBE or profile is None or not profile.is_available:
        return {}
    probe = cast(Callable[[Path, str, str, str], dict[str, Any]], import_string(settings.SCENE_PROBE))
    return probe(folder, scene.main_file, scene.software, profile.line)


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
