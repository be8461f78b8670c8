"""A render in one line of the list. Its own page says more (jobs.domain.headline)."""

from dataclasses import dataclass

from django import template

from jobs import plain_constants, software
from jobs.domain import waiting
from jobs.domain.headline import units
from jobs.enums import ENDED, JobState, Where
from jobs.models import Job
from jobs.problems import explain
from jobs.problems.words import counted

register = template.Library()


@register.filter
def row_sentence(job: Job) -> str:
    done, count = job.frames_done_count, job.frame_count
    frames = counted(count, *units(job))
    if job.state == JobState.COMPLETED:
        return frames
    if job.state == JobState.CANCELLED:
        return f"Cancelled with {done:,} of {frames}"
    if job.state == JobState.FAILED:
        return explain(job.problem or {"id": "unknown"}).sentence
    if job.state == JobState.RENDERING:
        return f"{done:,} of {frames}"
    waits = waiting.label(job.waiting_code) if job.state == JobState.WAITING else ""
    return f"{waits or job.get_state_display()}, {frames}"


@register.filter
def is_going(job: Job) -> bool:
    return job.state not in ENDED


@dataclass(frozen=True)
class OrderedSetting:
    label: str
    value: str


@register.filter
def ordered_settings(job: Job) -> list[OrderedSetting]:
    """What was ordered, in the words of the form; a constant that nobody asks for keeps its own name.

    Qarnot is not asked while a page waits: its names are known here.
    """
    profile = software.find(job.account, job.profile) if job.farm == Where.STUDIO else None
    known = {constant.name: constant for constant in profile.constants} if profile else {}
    said = []
    for name, value in job.constants.items():
        constant = known.get(name)
        label = constant.label if constant and constant.label else plain_constants.known(name).get("label", name)
        words = dict(constant.choices).get(value, value) if constant else value
        unit = f" {constant.unit}" if constant and constant.unit else ""
        said.append(OrderedSetting(label, "[SECRET]" if constant and constant.kind == "secret" else f"{words}{unit}"))
    return said
