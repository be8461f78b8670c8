"""Folding what a sandboxed Blender said of a scene (the SCENE_PROBE seam) into what the file says."""

from dataclasses import fields, replace
from typing import Any

from jobs.domain.scene_facts import LinkedFile, SceneFacts


def folded(facts: SceneFacts, answer: dict[str, Any]) -> SceneFacts:
    """Blender knows cameras, view layers and blocked scripts better; what it leaves out stays as read."""
    if not answer or "error" in answer:
        return facts
    known = {link.path for link in facts.linked_files}
    more = [LinkedFile(path, "file", is_missing=True) for path in _missing(answer) if path not in known]
    return replace(
        facts,
        cameras=_names(answer, "cameras") or facts.cameras,
        view_layers=_names(answer, "view_layers") or facts.view_layers,
        scenes=_names(answer, "scenes") or facts.scenes,
        blocked_scripts=_names(answer, "blocked_scripts") or facts.blocked_scripts,
        linked_files=[*facts.linked_files, *more],
        is_confirmed=True,
    )


def _names(answer: dict[str, Any], field: str) -> list[str]:
    kept = answer.get(field)
    return [str(name)[:200] for name in kept][:1000] if isinstance(kept, list) else []


def _missing(answer: dict[str, Any]) -> list[str]:
    return [path.removeprefix("//").replace("\\", "/") for path in _names(answer, "missing_files")]


def facts_from_blender(answer: dict[str, Any]) -> dict[str, Any] | None:
    """For a file only Blender could read: its answer in the reader's own words; None when it could not either."""
    if not answer or "error" in answer or "frame_start" not in answer:
        return None
    names = {field.name for field in fields(SceneFacts)} - {"linked_files", "blocked_scripts", "colour", "main_files"}
    said = {name: value for name, value in answer.items() if name in names and value is not None}
    said["software_version"] = str(answer.get("blender_version") or "")
    said["linked_files"] = [
        {"path": path, "kind": "file", "is_missing": True, "is_outside": False} for path in _missing(answer)
    ]
    said["registered_scripts"] = _names(answer, "blocked_scripts")
    return said
