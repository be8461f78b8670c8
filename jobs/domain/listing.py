"""The renders of an account as their list shows them: what needs the person, what is under way, what is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Account
from jobs.enums import ENDED, JobState
from jobs.models import Frame, Job

PAGE_LENGTH = 30
MOST_AT_TOP = 50
NEEDS_YOU_FOR = timedelta(days=7)
"""A failed render older than this has been seen; it stands among the rest."""


@dataclass(frozen=True)
class Group:
    title: str
    jobs: list[Job]


@dataclass(frozen=True)
class Page:
    groups: list[Group]
    next_cursor: str
    """Opaque; empty on the last page."""

    @property
    def is_empty(self) -> bool:
        return not any(group.jobs for group in self.groups)


def page(account: Account, *, words: str = "", cursor: str = "") -> Page:
    """Newest first. What is not over yet stands on the first page only."""
    found = _with_picture(Job.objects.visible_to(account))
    if words:
        found = found.filter(name__icontains=words)
    before = _read_cursor(cursor)
    since = timezone.now() - NEEDS_YOU_FOR
    failed_lately = found.filter(state=JobState.FAILED, created_at__gte=since)
    over = found.filter(state__in=ENDED).exclude(state=JobState.FAILED, created_at__gte=since)
    if before:
        over = over.filter(created_at__lt=before)
    rest = list(over[: PAGE_LENGTH + 1])
    next_cursor = rest[PAGE_LENGTH - 1].created_at.isoformat() if len(rest) > PAGE_LENGTH else ""
    groups = [Group("Done", rest[:PAGE_LENGTH])]
    if not before:
        groups = [
            Group("Needs you", list(failed_lately[:MOST_AT_TOP])),
            *_under_way(found),
            *groups,
        ]
    return Page(groups, next_cursor)


def _under_way(found: QuerySet[Job]) -> list[Group]:
    going = list(found.exclude(state__in=ENDED)[: 2 * MOST_AT_TOP])
    waiting = {JobState.SUBMITTING, JobState.WAITING}
    return [
        Group("Rendering", [job for job in going if job.state not in waiting]),
        Group("Waiting", [job for job in going if job.state in waiting]),
    ]


def _with_picture(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """`picture_number`: the frame that landed last and has a thumbnail, or None."""
    landed = Frame.objects.filter(job=OuterRef("pk")).exclude(thumbnail="").order_by("-landed_at")
    return jobs.annotate(picture_number=Subquery(landed.values("number")[:1]))


def _read_cursor(cursor: str) -> datetime | None:
    try:
        return parse_datetime(cursor)
    except ValueError:
        return None
