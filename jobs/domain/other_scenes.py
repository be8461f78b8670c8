"""What the reader of software other than Blender answered, as the facts of a scene. It is not trusted with types."""

from dataclasses import fields
from typing import Any

from jobs.domain.scene_facts import LinkedFile, SceneFacts

MOST_LINKS = 5000
LONGEST_TEXT = 1000
_NUMBERS = ("frame_start", "frame_end", "frame_step", "width", "height", "resolution_percent", "samples")
_TEXTS = ("software_version", "scene_name", "engine", "output_format", "camera")
_LISTS = ("cameras", "view_layers", "scenes")


def facts_of(said: dict[str, Any], main_files: list[str]) -> SceneFacts:
    """What it left out, or said in another type, is as in a scene that says nothing."""
    known: dict[str, Any] = {name: said[name] for name in _NUMBERS if _is_number(said.get(name))}
    known.update({name: said[name][:LONGEST_TEXT] for name in _TEXTS if isinstance(said.get(name), str)})
    known.update({name: _names(said[name]) for name in _LISTS if isinstance(said.get(name), list)})
    if isinstance(said.get("fps"), int | float) and said["fps"] > 0:
        known["fps"] = float(said["fps"])
    links = said.get("linked_files")
    known["linked_files"] = [_link(one) for one in links[:MOST_LINKS] if isinstance(one, dict)] if links else []
    return SceneFacts(**known, main_files=main_files, is_confirmed=True)


def _link(said: dict[str, Any]) -> LinkedFile:
    given = {field.name: said[field.name] for field in fields(LinkedFile) if field.name in said}
    return LinkedFile(
        path=str(given.get("path", ""))[:LONGEST_TEXT],
        kind=str(given.get("kind", "file"))[:20],
        is_missing=bool(given.get("is_missing")),
        is_outside=bool(given.get("is_outside")),
    )


def _names(said: list[Any]) -> list[str]:
    return [str(name)[:200] for name in said[:1000]]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
