"""Scenes: made when something is dropped, finished when its files are there, checked by a worker."""

from typing import TYPE_CHECKING

from django.utils import timezone

from jobs.domain.paths import plain_text
from jobs.domain.scene_facts import SceneFacts
from jobs.enums import SceneState, UploadState, Where
from jobs.hurry import hurry
from jobs.models import Scene

if TYPE_CHECKING:
    from accounts.models import Account

SCENES_BUCKET = "scenes"
"""Every scene is a folder `<scene id>/` in this bucket of its account."""


class SceneRefused(ValueError):
    """Why this can't be done with the scene now, as a sentence for the page."""


def create(account: "Account", name: str, where: Where = Where.STUDIO) -> Scene:
    """`where`: whose storage its files are sent to."""
    return Scene.objects.create(account=account, name=clean_name(name), stored_at=where)


def clean_name(name: str) -> str:
    """A label as it may be shown: no control characters, at most 200, never empty."""
    return plain_text(name).strip()[:200] or "Scene"


def key(scene: Scene, path: str) -> str:
    return f"{scene.pk}/{path}"


def facts(scene: Scene) -> SceneFacts:
    return SceneFacts.from_json(scene.facts)


def finish_upload(scene: Scene) -> None:
    """All files are there: the check begins. Twice is once. Raises SceneRefused while a file is on its way."""
    if scene.state != SceneState.UPLOADING:
        return
    if scene.uploads.filter(state=UploadState.OPEN).exists():
        raise SceneRefused("Some files are still on their way. Wait until they are up, or leave them out.")
    if not scene.uploads.filter(state=UploadState.COMPLETED).exists():
        raise SceneRefused("Nothing has been uploaded yet.")
    moved = Scene.objects.filter(pk=scene.pk, state=SceneState.UPLOADING).update(
        state=SceneState.CHECKING, due_at=timezone.now()
    )
    scene.refresh_from_db()
    if moved:
        hurry("check_scene", scene.pk)


def choose_main_file(scene: Scene, path: str) -> None:
    """Another file of the same upload is the scene; it is checked anew. Raises SceneRefused."""
    if path not in facts(scene).main_files:
        raise SceneRefused(f"There is no {path} in this scene.")
    Scene.objects.filter(pk=scene.pk, state__in=[SceneState.READY, SceneState.REFUSED]).update(
        main_file=path,
        state=SceneState.CHECKING,
        due_at=timezone.now(),
        facts={"main_files": facts(scene).main_files},
    )
    scene.refresh_from_db()
    hurry("check_scene", scene.pk)
