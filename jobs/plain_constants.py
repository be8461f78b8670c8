"""What a form says about the constants of Qarnot's Blender profiles: its own answer has names and defaults only.

The names, and what the choices are called in an order, are those of Qarnot's public samples.
"""

from collections.abc import Mapping
from typing import Any


def known(name: str) -> Mapping[str, Any]:
    """As the studio's farm would say it (jobs.profiles.read); nothing of a constant nobody knows."""
    return _KNOWN.get(name, {})


def _choices(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


_KNOWN: dict[str, Mapping[str, Any]] = {
    "BLEND_FILE": {"label": "Scene file", "kind": "scene_file"},
    "BLEND_FORMAT": {
        "label": "Pictures as",
        "kind": "choice",
        "note": "",
        "fact": "output_format",
        "isMain": True,
        "choices": _choices(
            ("PNG", "PNG, ready to look at"),
            ("EXR", "EXR, for grading"),
            ("MULTILAYER", "Multilayer EXR, every pass, for compositing"),
            ("JPEG", "JPEG, small"),
            ("TGA", "TGA"),
        ),
    },
    "BLEND_RATIO": {
        "label": "Resolution",
        "kind": "number",
        "note": "",
        "unit": "%",
        "least": 1,
        "most": 1000,
        "fact": "resolution_percent",
        "isMain": True,
    },
    "BLEND_CYCLES_SAMPLES": {
        "label": "Samples",
        "kind": "number",
        "note": "",
        "least": 1,
        "most": 2**24,
        "fact": "samples",
        "isMain": True,
    },
    "BLEND_ENGINE": {"label": "Render engine"},
    "BLEND_W": {"label": "Width", "kind": "number", "unit": "px", "least": 1, "most": 65536},
    "BLEND_H": {"label": "Height", "kind": "number", "unit": "px", "least": 1, "most": 65536},
    "BLEND_SCENE": {"label": "Scene", "choicesFact": "scenes"},
    "BLEND_CAMERA": {"label": "Camera", "fact": "camera", "choicesFact": "cameras", "isMain": True},
    "BLEND_SLICING": {"label": "Tiles"},
}
