"""What a problem is made of, and the small grammar its sentences need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["blocks", "warns"]
Fault = Literal["scene", "order", "account", "farm", "us"]
Words = str | Callable[[Mapping[str, Any]], str]
"""A format string over the problem's arguments, or a function of them."""


@dataclass(frozen=True)
class Problem:
    sentence: Words
    remedy: Words
    severity: Severity | Callable[[Mapping[str, Any]], Severity]
    fault: Fault


def listed(names: Sequence[Any], most: int = 4) -> str:
    """`wood.png, cloth.png and 3 more`."""
    shown = [str(name) for name in names[:most]]
    left = len(names) - len(shown)
    if left > 0:
        return f"{', '.join(shown)} and {left:,} more"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return "".join(shown)


def counted(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def duration(seconds: float) -> str:
    """Words for a length of time: `40 seconds`, `38 minutes`, `2 h 05`."""
    if seconds < 90:
        return counted(max(round(seconds), 1), "second", "seconds")
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} minutes"
    return f"{minutes // 60} h {minutes % 60:02}"
