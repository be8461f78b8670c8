"""Writing a job's log: lines get their numbers under the job's row, each once, however often they are read."""

from dataclasses import dataclass

from django.db.models import F

from jobs import farms
from jobs.domain import log_folding
from jobs.domain.log_folding import News
from jobs.models import Job, LogChunk

STREAMS = ("stdout", "stderr")


class ReadTwice(Exception):
    """Another poller folded this in first; what was read here is dropped."""


@dataclass(frozen=True)
class Reading:
    stream: str
    from_offset: int
    news: News


def read(job: Job, farm: farms.Farm, *, is_last: bool) -> list[Reading]:
    """What is new in both streams. Asks the farm."""
    readings = []
    for stream in STREAMS:
        offset = getattr(job, f"{stream}_offset")
        said = farm.output(job.farm_task_uuid, stream, offset)
        news = log_folding.news(said.text, said.start, offset, job.output_tails.get(stream, ""), is_last=is_last)
        if news.text or news.next_offset != offset:
            readings.append(Reading(stream, offset, news))
    return readings


def write(job: Job, readings: list[Reading], revision: int) -> None:
    """Inside a `revisions.change`, under the same task of the farm. Raises ReadTwice."""
    for reading in readings:
        column = f"{reading.stream}_offset"
        chunks = log_folding.chunks(reading.news.text, has_gap=reading.news.has_gap)
        count = sum(len(chunk.lines) for chunk in chunks)
        tails = {**job.output_tails, reading.stream: reading.news.tail}
        same = Job.objects.filter(pk=job.pk, farm_task_uuid=job.farm_task_uuid, **{column: reading.from_offset})
        won = same.update(**{column: reading.news.next_offset}, line_count=F("line_count") + count, output_tails=tails)
        if not won:
            raise ReadTwice(str(job.pk))
        job.output_tails = tails
        last = Job.objects.values_list("line_count", flat=True).get(pk=job.pk)
        _store(job, reading.stream, chunks, last - count + 1, revision)


def _store(job: Job, stream: str, chunks: list[log_folding.Chunk], first_line: int, revision: int) -> None:
    rows = []
    for chunk in chunks:
        rows.append(
            LogChunk(
                job=job,
                first_line=first_line,
                line_count=len(chunk.lines),
                instance_id=chunk.instance_id,
                stream=stream,
                text="\n".join(chunk.lines),
                revision=revision,
            )
        )
        first_line += len(chunk.lines)
    LogChunk.objects.bulk_create(rows, batch_size=200)
