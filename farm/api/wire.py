"""How times go over the wire. The SDK takes exactly these forms."""

from datetime import UTC, datetime

from farm.timespans import timespan

__all__ = ["NEVER", "instant", "timespan"]

NEVER = "0001-01-01T00:00:00Z"


def instant(moment: datetime | None) -> str:
    """`2026-11-23T19:14:00.123456Z`: six digits and `Z`, or the SDK can't read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else NEVER
