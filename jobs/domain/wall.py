"""The frames of a render in stretches, so that a wall of thousands opens as fast as one of ten."""

from contextlib import suppress
from dataclasses import dataclass

from jobs.models import Frame, Job

STRETCH = 240


@dataclass(frozen=True)
class Wall:
    frames: list[Frame]
    next_after: int | None
    """Number to go on from; None at the end."""


@dataclass(frozen=True)
class Around:
    """The landed frames beside one; None where there is none."""

    previous: int | None
    next: int | None


def wall(job: Job, after: str = "") -> Wall:
    """The next stretch of frames behind number `after`; the first one for anything that is no number."""
    frames = job.frame_set.all()
    with suppress(ValueError):
        frames = frames.filter(number__gt=int(after))
    found = list(frames[: STRETCH + 1])
    more = len(found) > STRETCH
    return Wall(found[:STRETCH], found[STRETCH - 1].number if more else None)


def latest_picture(job: Job) -> Frame | None:
    """The frame that landed last and can be looked at."""
    return job.frame_set.exclude(key="").exclude(preview="").order_by("-landed_at", "-number").first()


def around(frame: Frame) -> Around:
    landed = Frame.objects.filter(job_id=frame.job_id).exclude(key="")
    before = landed.filter(number__lt=frame.number).order_by("-number").values_list("number", flat=True).first()
    behind = landed.filter(number__gt=frame.number).order_by("number").values_list("number", flat=True).first()
    return Around(before, behind)
