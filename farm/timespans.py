"""Lengths of time as Qarnot's API writes them: `[d.]hh:mm:ss[.fffffff]`."""

import re

_TIMESPAN = re.compile(r"(?:(\d{1,5})\.)?(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d{1,7})?)", re.ASCII)


def seconds(text: str) -> float:
    """Raises ValueError."""
    match = _TIMESPAN.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text} is no timespan")
    days, hours, minutes, rest = match.groups()
    return ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(rest)


def timespan(seconds: float) -> str:
    ticks = round(max(0.0, seconds) * 10_000_000)
    whole, fraction = divmod(ticks, 10_000_000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    text = f"{hour:02}:{minute:02}:{second:02}"
    return (f"{days}." if days else "") + text + (f".{fraction:07}" if fraction else "")
