"""From what was read of a scene to what an artist should know about it: every problem at once, worst first."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.domain.scene_facts import ENGINE_NAMES, LinkedFile, SceneFacts
from jobs.problems import worst_first
from jobs.profiles import Profile, line_number

BLENDERS_OWN = {"CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH"}
GIVEN_UP = {"BLENDER_RENDER", "BLENDER_GAME"}
MANY_SAMPLES = 2048
HUGE_PIXELS = 8192 * 8192
LONGEST_SENTENCE = 500
MOST_NAMES = 50
"""Of files and scripts kept in a problem: the page lists a few, the row need not hold thousands."""

Said = dict[str, Any]


def problems_of(facts: SceneFacts, main_file: str, versions: Sequence[Profile], has_border: bool) -> list[Said]:
    """Of a Blender scene. `versions`: the Blenders on offer, oldest first."""
    found = [
        *_camera(facts),
        *_engine(facts),
        *_version(facts, versions),
        *_files(facts.linked_files),
        *_motion(facts),
        *_output(facts),
    ]
    if has_border:
        found.append({"id": "border_render"})
    if facts.scene_count > 1:
        found.append({"id": "several_scenes", "count": facts.scene_count, "name": facts.scene_name})
    return worst_first([*found, *_several(facts, main_file)])


def problems_of_other(facts: SceneFacts, main_file: str, said: Sequence[Any]) -> list[Said]:
    """Of a scene of other software: what its own reader said, missing files and all, in its own words."""
    own = [
        {
            "id": "renderer",
            "sentence": str(one.get("sentence", ""))[:LONGEST_SENTENCE],
            "remedy": str(one.get("remedy", ""))[:LONGEST_SENTENCE],
            "severity": str(one.get("severity", "warns")),
        }
        for one in said
        if isinstance(one, Mapping) and one.get("sentence")
    ]
    return worst_first([*own[:MOST_NAMES], *_several(facts, main_file)])


def _several(facts: SceneFacts, main_file: str) -> list[Said]:
    if len(facts.main_files) < 2:
        return []
    return [{"id": "several_scene_files", "files": facts.main_files[:MOST_NAMES], "chosen": main_file}]


def _camera(facts: SceneFacts) -> list[Said]:
    if facts.camera:
        return []
    if facts.cameras:
        return [{"id": "no_active_camera", "camera": facts.cameras[0]}]
    return [{"id": "no_camera"}]


def _engine(facts: SceneFacts) -> list[Said]:
    if facts.engine in GIVEN_UP:
        return [{"id": "engine_replaced", "engine": ENGINE_NAMES[facts.engine]}]
    if facts.engine and facts.engine not in BLENDERS_OWN:
        return [{"id": "engine_not_available", "engine": facts.engine_name}]
    return []


def _version(facts: SceneFacts, versions: Sequence[Profile]) -> list[Said]:
    available = [version for version in versions if version.is_available]
    if available and line_number(facts.software_line) > available[-1].number:
        return [{"id": "newer_than_engine", "version": facts.software_version, "newest": available[-1].line}]
    return []


def _files(links: Sequence[LinkedFile]) -> list[Said]:
    missing = [link for link in links if link.is_missing]
    outside = [link.path for link in missing if link.is_outside]
    libraries = [link.path for link in missing if link.kind == "library" and not link.is_outside]
    others = [link for link in missing if link.kind != "library" and not link.is_outside]
    found = []
    if libraries:
        found.append({"id": "missing_libraries", "files": libraries[:MOST_NAMES]})
    if others:
        kind = "image" if all(link.kind in ("image", "sequence", "tiles") for link in others) else "file"
        found.append({"id": "missing_files", "files": [link.path for link in others][:MOST_NAMES], "kind": kind})
    if outside:
        found.append({"id": "outside_files", "files": outside[:MOST_NAMES]})
    return found


def _motion(facts: SceneFacts) -> list[Said]:
    found: list[Said] = []
    if facts.blocked_scripts:
        found.append({"id": "blocked_scripts", "names": facts.blocked_scripts[:MOST_NAMES]})
    if facts.has_unbaked_rigid_body:
        found.append({"id": "unbaked_physics"})
    if facts.frame_end < facts.frame_start:
        found.append({"id": "frames_backwards", "start": facts.frame_start, "end": facts.frame_end})
    elif facts.frame_start < 0:
        found.append({"id": "negative_frames", "start": facts.frame_start})
    return found


def _output(facts: SceneFacts) -> list[Said]:
    found: list[Said] = []
    if facts.output_format == "MOVIE":
        found.append({"id": "movie_output"})
    if facts.has_compositor_output:
        found.append({"id": "compositor_output"})
    if facts.samples is not None and facts.samples >= MANY_SAMPLES:
        found.append({"id": "many_samples", "samples": facts.samples})
    if facts.pixel_width * facts.pixel_height > HUGE_PIXELS:
        found.append({"id": "huge_picture", "width": facts.pixel_width, "height": facts.pixel_height})
    return found
