"""A render in one line of the list. Its own page says more (jobs.domain.headline)."""

from django import template

from jobs.enums import ENDED, JobState
from jobs.models import Job
from jobs.problems import explain

register = template.Library()


@register.filter
def row_sentence(job: Job) -> str:
    done, count = job.frames_done_count, job.frame_count
    frames = f"{count:,} frame{'' if count == 1 else 's'}"
    if job.state == JobState.COMPLETED:
        return frames
    if job.state == JobState.CANCELLED:
        return f"Cancelled with {done:,} of {frames}"
    if job.state == JobState.FAILED:
        return explain(job.problem or {"id": "unknown"}).sentence
    if job.state == JobState.RENDERING:
        return f"{done:,} of {frames}"
    return f"{job.get_state_display()}, {frames}"


@register.filter
def is_going(job: Job) -> bool:
    return job.state not in ENDED
