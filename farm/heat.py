"""Which sites want heat now, and how new work finds its way there first.

A machine elsewhere leaves a new task to idle slots of such sites for HEAD_START, if they are enough for it and fit.
That is all: no frame waits longer for heat, and shares, limits and constraints are the same everywhere.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils import timezone

from farm import avoidance, matching, wakes
from farm.models import InstanceState, Node, Site, Task

HEAD_START = timedelta(seconds=5)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+(?P<start>\d{1,2}(?::\d\d)?)-(?P<end>\d{1,2}(?::\d\d)?)"
)


@dataclass(frozen=True)
class Span:
    """Hours of some days of the week; past midnight they end on the next day."""

    days: frozenset[int]
    start: time
    end: time

    def holds(self, at: datetime) -> bool:
        """`at` is the site's own time."""
        clock, today = at.time(), at.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= clock < self.end
        return (today in self.days and clock >= self.start) or ((today - 1) % 7 in self.days and clock < self.end)


def spans(text: str) -> list[Span]:
    """`mon-fri 6-9, sat-sun 8:30-23`, read. Raises ValidationError with a sentence."""
    return [_span(part.strip()) for part in text.lower().split(",") if part.strip()]


def check(site: Site) -> None:
    """Raises ValidationError, by field, for heating hours or a time zone that can't be read."""
    if site.time_zone not in available_timezones():
        raise ValidationError({"time_zone": f"There is no time zone “{site.time_zone}”: write Europe/Paris, or UTC."})
    try:
        has_hours = bool(spans(site.heating_hours))
    except ValidationError as fault:
        raise ValidationError({"heating_hours": fault.messages}) from fault
    if site.heat_wish == Site.HeatWish.HOURS and not has_hours:
        raise ValidationError({"heating_hours": "Say when: mon-fri 6-9, mon-fri 17-22, sat-sun 8-23."})


def is_wanted(site: Site, at: datetime | None = None) -> bool:
    if site.heat_wish == Site.HeatWish.NOW:
        return True
    if site.heat_wish != Site.HeatWish.HOURS:
        return False
    there = (at or timezone.now()).astimezone(ZoneInfo(site.time_zone))
    return any(span.holds(there) for span in spans(site.heating_hours))


class IdleHeaters:
    """Machines with idle slots at sites that want heat now; for a machine of such a site itself there are none."""

    def __init__(self, node: Node) -> None:
        self._is_heater = is_wanted(node.site)
        self._idle = [] if self._is_heater else _idle_heaters()

    def come_first(self, task: Task) -> list[Node]:
        """Those that a new task is left to; empty where it is anybody's."""
        if not self._idle or task.queued_at is None or timezone.now() - task.queued_at > HEAD_START:
            return []
        fitting = [(node, idle) for node, idle in self._idle if matching.fits(node, task)]
        idle_slots = sum(idle for _, idle in fitting)
        waiting = task.instances.filter(state=InstanceState.WAITING).values_list("pk", flat=True)
        return [node for node, _ in fitting] if len(waiting[: idle_slots + 1]) <= idle_slots else []

    @property
    def is_heater(self) -> bool:
        return self._is_heater


def _idle_heaters() -> list[tuple[Node, int]]:
    sites = [site.pk for site in Site.objects.exclude(heat_wish=Site.HeatWish.NONE) if is_wanted(site)]
    if not sites:
        return []
    running = Count("instances__slot", filter=Q(instances__state=InstanceState.RUNNING), distinct=True)
    nodes = wakes.live_nodes().filter(site__in=sites).select_related("site").annotate(busy=running)
    nodes = nodes.filter(~avoidance.avoided())
    return [(node, node.slot_count - node.busy) for node in nodes if node.busy < node.slot_count]


def towns(nodes: Sequence[Node]) -> str:
    """`Lyon and Grenoble`"""
    names = sorted({node.site.place or node.site.name for node in nodes})
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def _span(part: str) -> Span:
    found = _PART.fullmatch(part)
    if found is None or found["first"] not in _DAYS or (found["last"] or "mon") not in _DAYS:
        raise ValidationError(f"“{part}” is no heating time: write mon-fri 6-9 or sat 8:30-23.")
    first = _DAYS.index(found["first"])
    last = _DAYS.index(found["last"]) if found["last"] else first
    return Span(frozenset(_from_to(first, last)), _clock(found["start"], part), _clock(found["end"], part))


def _from_to(first: int, last: int) -> Iterator[int]:
    """Days of the week; fri-mon goes over the weekend."""
    yield from ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _clock(text: str, part: str) -> time:
    hour, _, minute = text.partition(":")
    if int(hour) == 24 and int(minute or 0) == 0:
        return time(0)
    try:
        return time(int(hour), int(minute or 0))
    except ValueError as fault:
        raise ValidationError(f"“{text}” in “{part}” is no time of the day.") from fault
