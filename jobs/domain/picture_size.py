"""How large the pictures of an order will be, by the names Qarnot's profiles give to width, height and percent."""

from collections.abc import Mapping

from jobs.domain.scene_facts import SceneFacts


def ordered(constants: Mapping[str, str], facts: SceneFacts) -> tuple[int, int]:
    """Pixels; (0, 0) where neither order nor scene says."""
    width = _number(constants, "_W") or facts.width
    height = _number(constants, "_H") or facts.height
    percent = _number(constants, "_RATIO") or facts.resolution_percent or 100
    if width <= 0 or height <= 0:
        return 0, 0
    return max(1, width * percent // 100), max(1, height * percent // 100)


def _number(constants: Mapping[str, str], ending: str) -> int:
    """Of the constant whose name ends so; 0 where there is none."""
    value = next((value for name, value in constants.items() if name.endswith(ending)), "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0
