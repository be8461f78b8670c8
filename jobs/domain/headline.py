"""Where a render is and what happens next, as the sentence at the top of its page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Sum
from django.utils import timezone

from jobs import qarnot_access
from jobs.domain import waiting
from jobs.domain.warmth import warmth
from jobs.enums import ENDED, FrameState, JobState, Where
from jobs.models import FarmPoller, Job
from jobs.problems import explain
from jobs.problems.words import counted, duration


@dataclass(frozen=True)
class Headline:
    sentence: str
    next_step: str
    percent: int
    """Of the frames, 0 to 100."""
    time_left_sentence: str
    """Empty where nobody can know."""
    hours_used_sentence: str
    warmth_sentence: str
    """Empty where nobody wants its heat."""
    action: str = ""
    """The one obvious thing to press: cancel, again, download or nothing."""


def headline(job: Job, now: datetime | None = None) -> Headline:
    now = now or timezone.now()
    sentence, next_step, action = _WORDS[JobState(job.state)](job)
    farm_trouble = _farm_trouble(job, now)
    if farm_trouble:
        next_step = farm_trouble
    left = seconds_left(job, now)
    return Headline(
        sentence=sentence,
        next_step=next_step,
        percent=percent_done(job),
        time_left_sentence=f"about {duration(left)} left" if left is not None else "",
        hours_used_sentence=_time_used(job),
        warmth_sentence=warmth(job),
        action=action,
    )


def _time_used(job: Job) -> str:
    """Qarnot's time is not of our hours: it is between the account and Qarnot."""
    if not job.used_seconds:
        return ""
    return f"{duration(job.used_seconds)} of render time {'at Qarnot' if job.farm == Where.QARNOT else 'used'}"


def percent_done(job: Job) -> int:
    """Whole percent of the work: frames that are done, and how far each that renders is. 100 only when all are done."""
    if not job.frame_count:
        return 0
    if job.frames_done_count >= job.frame_count:
        return 100
    done = job.frames_done_count * 100 + _under_way(job)
    return min(99, int(done / job.frame_count))


def _under_way(job: Job) -> float:
    """Percents of a frame, summed up over the frames that are not done; a tile is that part of its frame."""
    if job.state != JobState.RENDERING:
        return 0.0
    open_frames = job.frame_set.exclude(state=FrameState.DONE).values("number")
    parts = job.instances.filter(frame__in=open_frames).annotate(of_frame=F("progress") / (F("tile_side") ** 2))
    return float(parts.aggregate(sum=Sum("of_frame"))["sum"] or 0.0)


def seconds_left(job: Job, now: datetime) -> float | None:
    """By the pace up to the newest frame; None before the first one and when none is left."""
    left = job.frame_count - job.frames_done_count - job.frames_failed_count
    if job.state != JobState.RENDERING or not job.started_at or not job.frames_done_count or left <= 0:
        return None
    landed_at = job.frame_set.aggregate(newest=Max("landed_at"))["newest"]
    if landed_at is None or landed_at <= job.started_at:
        return None
    pace = (landed_at - job.started_at).total_seconds() / job.frames_done_count
    return float(max(pace * left - (now - landed_at).total_seconds(), pace / 4))


def units(job: Job) -> tuple[str, str]:
    """What a render is counted in: one, many."""
    return ("frame", "frames") if job.makes_pictures else ("instance", "instances")


def _of(job: Job) -> str:
    return f"{job.frames_done_count:,} of {counted(job.frame_count, *units(job))}"


def _is_being_brought(job: Job) -> bool:
    return job.state == JobState.SUBMITTING and job.brought_percent is not None and job.brought_percent < 100


def _submitting(job: Job) -> tuple[str, str, str]:
    if _is_being_brought(job):
        place = "Qarnot" if job.farm == Where.QARNOT else "this studio's storage"
        brought = f"Its files are being brought to {place}, {job.brought_percent} %."
        return brought, "It is ordered when they are there. The page may be closed.", "cancel"
    if job.farm == Where.QARNOT:
        return "Being handed to Qarnot.", "This takes a few seconds. The page may be closed.", "cancel"
    return "Being handed to the farm.", "This takes a few seconds. The page may be closed.", "cancel"


def _waiting(job: Job) -> tuple[str, str, str]:
    said = waiting.in_line(job.waiting_position, job.waiting_reason)
    what = waiting.label(job.waiting_code) or "Waiting for a machine"
    if job.frames_done_count:
        sentence = f"{_of(job)} are done; {what[0].lower()}{what[1:]}."
        return sentence, said or "It goes on by itself.", "cancel"
    first = f"The first one that is free takes the first {units(job)[0]}. The page may be closed."
    return f"{what}.", said or first, "cancel"


def _rendering(job: Job) -> tuple[str, str, str]:
    one, many = units(job)
    if job.frame_count and job.frames_done_count == job.frame_count:
        all_here = f"All {many} are here" if job.frame_count > 1 else f"The {one} is here"
        return f"{all_here}; the last machine is tidying up.", "Done in a moment.", ""
    if not job.makes_pictures:
        under_way = f"Running: {_of(job)} done." if job.frame_count > 1 else "Running."
        return under_way, "What it prints is in the log; its files are listed here when an instance ends.", "cancel"
    if not job.frames_done_count:
        first = "the picture" if job.frame_count == 1 else f"the first {many}"
        return f"Rendering {first}.", f"Each {one} appears here as soon as it lands.", "cancel"
    return f"Rendering: {_of(job)}.", "Frames can be looked at and downloaded as they land.", "cancel"


def _cancelling(job: Job) -> tuple[str, str, str]:
    return (
        "Being cancelled.",
        f"The machines stop within seconds. {units(job)[1].capitalize()} that are done are kept.",
        "",
    )


def _cancelled(job: Job) -> tuple[str, str, str]:
    if job.frames_done_count == job.frame_count:
        return f"Cancelled, but every {units(job)[0]} was done.", "Download them.", "download"
    return f"Cancelled with {_of(job)}.", "What is here is yours. The rest can be rendered any time.", "again"


def _completed(job: Job) -> tuple[str, str, str]:
    done = f"Done: {counted(job.frame_count, *units(job))}."
    if not job.makes_pictures:
        return done, "Its files are here to download.", "download"
    is_one = job.frame_count == 1
    return done, "Look at it, or download it." if is_one else "Look at them, or download them all.", "download"


def _failed(job: Job) -> tuple[str, str, str]:
    explained = explain(job.problem or {"id": "unknown"})
    return explained.sentence, explained.remedy, "again"


_WORDS = {
    JobState.SUBMITTING: _submitting,
    JobState.WAITING: _waiting,
    JobState.RENDERING: _rendering,
    JobState.CANCELLING: _cancelling,
    JobState.CANCELLED: _cancelled,
    JobState.COMPLETED: _completed,
    JobState.FAILED: _failed,
}


def _farm_trouble(job: Job, now: datetime) -> str:
    if job.state in ENDED:
        return ""
    where = Where.QARNOT if _is_being_brought(job) else job.farm  # one end of every way is Qarnot's storage
    if where == Where.QARNOT and (no_way := qarnot_access.why_shut(job.account)):
        return no_way
    poller = FarmPoller.objects.filter(account=job.account_id, farm=where, farm_down_since__isnull=False).first()
    if poller is None or poller.farm_down_since is None:
        return ""
    silent = duration((now - poller.farm_down_since).total_seconds())
    who = "Qarnot" if where == Where.QARNOT else "The farm"
    return f"{who} has not answered for {silent}. We keep asking; nothing is lost."
