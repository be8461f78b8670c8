"""What changed on a job since a revision: the one read behind every open page and the polling fallback."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from jobs.domain import machines
from jobs.domain.logs import Line, lines_of
from jobs.models import CarbonFacts, FarmInstance, Frame, Job, LogChunk, ResultFile

MOST_WEIGHT = 500
"""Log lines, frames or machines of one message, except where a single revision holds more."""


@dataclass(frozen=True)
class Changes:
    """Everything in (after, until]. Where there is more, `until` lies before the job's own revision."""

    job: Job
    after: int
    until: int
    machines: Sequence[FarmInstance]
    frames: Sequence[Frame]
    lines: Sequence[Line]
    files: Sequence[ResultFile]
    has_carbon: bool
    """Whether its carbon facts changed."""

    @property
    def is_whole(self) -> bool:
        return self.until >= self.job.revision


def since(job_id: UUID, after: int) -> Changes:
    """Raises Job.DoesNotExist. The job's row is read first: what commits later is news for the next read."""
    job = Job.objects.select_related("scene").get(pk=job_id)
    after = min(max(after, 0), job.revision)
    until = min(_until(rows, job, after) for rows in (_chunks(job), _machines(job), _frames(job), _files(job)))
    span = {"revision__gt": after, "revision__lte": until}
    lines = [line for chunk in _chunks(job).filter(**span).order_by("first_line") for line in lines_of(chunk)]
    return Changes(
        job,
        after,
        until,
        machines=list(_machines(job).filter(**span)),
        frames=list(_frames(job).filter(**span)),
        lines=lines,
        files=list(_files(job).filter(**span)),
        has_carbon=CarbonFacts.objects.filter(job_id=job.pk, **span).exists(),
    )


def _chunks(job: Job) -> QuerySet[LogChunk]:
    return LogChunk.objects.filter(job_id=job.pk)


def _machines(job: Job) -> QuerySet[FarmInstance]:
    return machines.seen(job)


def _frames(job: Job) -> QuerySet[Frame]:
    return Frame.objects.filter(job_id=job.pk)


def _files(job: Job) -> QuerySet[ResultFile]:
    return ResultFile.objects.filter(job_id=job.pk)


def _until(rows: QuerySet[Any], job: Job, after: int) -> int:
    """The revision up to which these rows fit into one message; a revision is never cut in two."""
    is_log = rows.model is LogChunk
    newer = rows.filter(revision__gt=after, revision__lte=job.revision).order_by("revision")
    weights = newer.values_list("revision", "line_count" if is_log else "pk")[: MOST_WEIGHT + 1]
    total, last_whole, current = 0, after, 0
    for revision, count in weights:
        if revision != current:
            last_whole, current = current or after, revision
        total += count if is_log else 1
        if total > MOST_WEIGHT:
            return last_whole if last_whole > after else current
    return job.revision
