"""Reading a render's log: lines numbered from 1 through the whole job, of every instance."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F, QuerySet

from jobs.models import Job, LogChunk

MOST_LINES = 2000
LONGEST_SEARCH = 200
CHUNKS_AT_ONCE = 50


@dataclass(frozen=True)
class Line:
    number: int
    instance_id: int
    stream: str
    text: str

    def to_json(self) -> dict[str, int | str]:
        """The short keys of the live message."""
        return {"n": self.number, "i": self.instance_id, "s": self.stream, "t": self.text}


def lines(job: Job, after: int = 0, limit: int = 500, instance: int | None = None) -> list[Line]:
    """The first `limit` lines after line `after`, rising."""
    chunks = _chunks(job, instance).filter(first_line__gt=after - F("line_count"))
    return _first(_lines_of(chunks), after, limit)


def lines_before(job: Job, before: int, limit: int = 500, instance: int | None = None) -> list[Line]:
    """The last `limit` lines before line `before`, rising: a page scrolls up."""
    found: list[Line] = []
    for chunk in _chunks(job, instance).filter(first_line__lt=before).order_by("-first_line").iterator(CHUNKS_AT_ONCE):
        found[:0] = [line for line in lines_of(chunk) if line.number < before]
        if len(found) >= limit:
            break
    return found[-min(limit, MOST_LINES) :]


def search(job: Job, words: str, after: int = 0, limit: int = 500, instance: int | None = None) -> list[Line]:
    """Lines after line `after` that hold `words`, whatever their case."""
    words = words.strip()[:LONGEST_SEARCH]
    if not words:
        return lines(job, after, limit, instance)
    chunks = _chunks(job, instance).filter(first_line__gt=after - F("line_count"), text__icontains=words)
    hits = (line for line in _lines_of(chunks) if words.casefold() in line.text.casefold())
    return _first(hits, after, limit)


def as_text(job: Job, instance: int | None = None) -> Iterator[str]:
    """The log as a text file, piece by piece, no query held open between them.

    Of all instances, each line says whose it is.
    """
    last = 0
    while chunks := list(_chunks(job, instance).filter(first_line__gt=last)[:CHUNKS_AT_ONCE]):
        yield "".join(_as_text(chunk, says_whose=instance is None) for chunk in chunks)
        last = chunks[-1].first_line


def _as_text(chunk: LogChunk, *, says_whose: bool) -> str:
    if says_whose:
        return "".join(f"{chunk.instance_id}> {text}\n" for text in chunk.text.split("\n"))
    return chunk.text + "\n"


def lines_of(chunk: LogChunk) -> list[Line]:
    return [
        Line(chunk.first_line + place, chunk.instance_id, chunk.stream, text)
        for place, text in enumerate(chunk.text.split("\n"))
    ]


def _chunks(job: Job, instance: int | None) -> QuerySet[LogChunk]:
    chunks = LogChunk.objects.filter(job_id=job.pk).order_by("first_line")
    return chunks if instance is None else chunks.filter(instance_id=instance)


def _lines_of(chunks: QuerySet[LogChunk]) -> Iterator[Line]:
    for chunk in chunks.iterator(CHUNKS_AT_ONCE):
        yield from lines_of(chunk)


def _first(found: Iterator[Line], after: int, limit: int) -> list[Line]:
    wanted: list[Line] = []
    for line in found:
        if line.number > after:
            wanted.append(line)
        if len(wanted) >= min(limit, MOST_LINES):
            break
    return wanted
