"""How times go over the wire. The SDK takes exactly these forms."""

from datetime import UTC, datetime

NEVER = "0001-01-01T00:00:00Z"


def instant(moment: datetime | None) -> str:
    """`2026-11-23T19:14:00.123456Z`: six digits and `Z`, or the SDK can't read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else NEVER


def timespan(seconds: float) -> str:
    """`[d.]hh:mm:ss[.fffffff]`."""
    ticks = round(max(0.0, seconds) * 10_000_000)
    whole, fraction = divmod(ticks, 10_000_000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    text = f"{hour:02}:{minute:02}:{second:02}"
    return (f"{days}." if days else "") + text + (f".{fraction:07}" if fraction else "")
