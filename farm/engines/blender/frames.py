"""Which frames an order of Blender means, and into how many tiles each is cut."""

from collections.abc import Mapping, Sequence

from farm.engines.blender.constants import MOST_TILES_A_SIDE
from farm.engines.profile import FramePlan, OrderRefused

_LONGEST_STEP = 10_000
_MOST_DIGITS = 9


def plan_frames(constants: Mapping[str, str], frames: Sequence[int]) -> FramePlan:
    """BLEND_FRAME_STEP keeps each n-th of the ordered frames, counted from the first: 1-9 by 4 is 1, 5, 9.

    Ordered again, what is left of them stays the same. A file's name and FRAME_ID are the frame's own number.
    """
    step = _whole_number(constants, "BLEND_FRAME_STEP", _LONGEST_STEP)
    kept = tuple(frame for frame in frames if (frame - frames[0]) % step == 0)
    return FramePlan(kept, _whole_number(constants, "BLEND_SLICING", MOST_TILES_A_SIDE))


def _whole_number(constants: Mapping[str, str], name: str, largest: int) -> int:
    text = constants.get(name, "").strip()
    if not text:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and 1 <= int(text) <= largest):
        raise OrderRefused(f"{name} has to be a whole number from 1 to {largest}, not “{text[:40]}”.")
    return int(text)
