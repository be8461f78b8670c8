"""What the ledger says to a person: the lines of their statement, and what their render time is worth."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Case, CharField, Count, F, Max, Q, Sum, When
from django.db.models.functions import Cast

from accounts.models import Account, LedgerEntry

LINES_A_PAGE = 25


@dataclass(frozen=True)
class Line:
    """One movement, or all charges of one render together: `entry_count` of them."""

    cursor: int
    reason: str
    kind: str
    reference: str
    seconds: int
    entry_count: int
    at: datetime


@dataclass(frozen=True)
class Statement:
    lines: list[Line]
    older: int | None
    """The cursor of the next page, None on the last one."""


@dataclass(frozen=True)
class Worth:
    frame_count: int
    seconds_a_frame: int


def read(account: Account, *, before: int | None = None) -> Statement:
    """A page of the statement, newest first, of lines older than the cursor `before`."""
    same_movement = Case(When(reference="", then=Cast("pk", CharField())), default=F("reference"))
    groups = (
        LedgerEntry.objects.filter(account=account)
        .annotate(movement=same_movement)
        .values("kind", "reference", "movement")
        .annotate(cursor=Max("pk"), total=Sum("seconds"), entry_count=Count("pk"), at=Max("created_at"))
        .filter(Q() if before is None else Q(cursor__lt=before))
        .order_by("-cursor")
    )
    found = list(groups[: LINES_A_PAGE + 1])
    page = found[:LINES_A_PAGE]
    reasons = LedgerEntry.objects.in_bulk([group["cursor"] for group in page])
    lines = [
        Line(
            cursor=group["cursor"],
            reason=reasons[group["cursor"]].reason,
            kind=reasons[group["cursor"]].get_kind_display(),
            reference=group["reference"],
            seconds=group["total"],
            entry_count=group["entry_count"],
            at=group["at"],
        )
        for group in page
    ]
    return Statement(lines, older=page[-1]["cursor"] if len(found) > len(page) else None)


def worth(account: Account, seconds: int) -> Worth | None:
    """How many frames like those of the last render `seconds` are enough for; None before the first one."""
    charges = LedgerEntry.objects.filter(account=account, kind=LedgerEntry.Kind.CHARGE, seconds__lt=0)
    last = charges.exclude(reference="").first()
    if last is None:
        return None
    average = charges.filter(reference=last.reference).aggregate(mean=Avg("seconds"))["mean"]
    seconds_a_frame = max(1, round(-average))
    return Worth(frame_count=_about(max(0, seconds) // seconds_a_frame), seconds_a_frame=seconds_a_frame)


def _about(count: int) -> int:
    """Two figures, rounded down, of what is an estimate: 71,788 → 71,000."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return count // unit * unit
