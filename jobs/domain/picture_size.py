"""How large the pictures of an order will be, by the names Qarnot's profiles give to width, height and percent."""

from collections.abc import Mapping

from jobs.domain.scene_facts import SceneFacts

_PARTS = {"_W": "width", "_H": "height", "_RATIO": "percent"}


def part_of(constant: str) -> str:
    """What of the picture's size the constant of this name changes; empty for any other."""
    return next((part for ending, part in _PARTS.items() if constant.endswith(ending)), "")


def ordered(constants: Mapping[str, str], facts: SceneFacts) -> tuple[int, int]:
    """Pixels; (0, 0) where neither order nor scene says."""
    width = _number(constants, "width") or facts.width
    height = _number(constants, "height") or facts.height
    percent = _number(constants, "percent") or facts.resolution_percent or 100
    if width <= 0 or height <= 0:
        return 0, 0
    return max(1, width * percent // 100), max(1, height * percent // 100)


def _number(constants: Mapping[str, str], part: str) -> int:
    """Of the constant for this part; 0 where there is none."""
    value = next((value for name, value in constants.items() if part_of(name) == part), "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0
