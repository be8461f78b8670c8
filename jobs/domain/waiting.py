"""Why something waits: the farm's own answer, for a render and for one frame of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs import farms
from jobs.domain import reports
from jobs.domain.log_cleaning import clean
from jobs.enums import FrameState, JobState, Where
from jobs.models import Frame, Job

LABELS = {
    "slot": "Waiting for a machine",
    "seat": "Waiting for a licence",
    "heat": "Waiting for a heating site",
    "machine": "Waiting for a machine that takes it",
    "hardware": "Waiting for a machine that fits",
    "dependency": "Waiting for another render",
    "hours": "Waiting for render hours",
    "limit": "Waiting: your own limit of machines at once",
    "tiles": "Waiting for its tiles",
    "retry": "Waiting for another machine than the one it failed on",
}
"""The farm's code → a few words. Of a code that is not known here only the farm's sentence is shown."""

MOST_ASKED = 3
"""Instances of one frame: the first that the rows take for waiting mostly is."""


@dataclass(frozen=True)
class Answer:
    sentence: str
    label: str = ""
    is_waiting: bool = True
    """False: there is nothing to ask about any more."""


def label(code: str) -> str:
    return LABELS.get(code, "")


def in_line(position: int | None, reason: str) -> str:
    """`3rd in line. All machines are busy.`; empty where the farm says neither."""
    place = f"{ordinal(position)} in line." if position else ""
    return " ".join(part for part in (place, reason) if part)


def ordinal(number: int) -> str:
    teens = 10 <= number % 100 < 20
    return f"{number:,}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def answer(job: Job, frame: Frame) -> Answer:
    """Asks the studio's farm, within its time limit. One that is away, or says nothing of it, is a sentence too."""
    name = f"Frame {frame.number}"
    if frame.state != FrameState.WAITING:
        return Answer(f"{name} waits no longer: {frame.get_state_display().lower()}.", is_waiting=False)
    if job.state == JobState.CANCELLING:
        return Answer(f"{name} will not be rendered: the render is being cancelled.")
    if job.farm == Where.QARNOT and job.farm_task_uuid:  # it has no answer to this, and counts the questions
        return Answer(f"{name} has no machine yet. Qarnot does not say why; it begins by itself.")
    if not job.farm_task_uuid:
        return Answer(f"{name} waits: the render is being handed to the farm.")
    try:
        return _asked(job, frame) or Answer(f"{name} has no machine yet. It begins by itself.")
    except (farms.FarmDown, farms.FarmRefused):
        return Answer(f"The farm does not answer at the moment. {name} keeps its place.")


def _asked(job: Job, frame: Frame) -> Answer | None:
    """Of the first of the frame's instances that the farm says waits."""
    farm = farms.of(job.account)
    for _, instance_id in zip(range(MOST_ASKED), _waiting_instances(job, frame), strict=False):
        try:
            said = farm.why_waiting(job.farm_task_uuid, instance_id)
        except farms.TaskGone:
            continue
        reason = clean(str(said.get("reason") or "").replace("\n", " "))[:300]
        told = in_line(reports.position(said.get("position")), reason)
        if told:
            return Answer(_of_frame(frame, told), label(str(said.get("code") or "")))
    return None


def _of_frame(frame: Frame, told: str) -> str:
    """`Frame 2 waits: 3rd in line. …`; `Frame 2 waits for a V-Ray licence: …` where the farm said `It waits for …`."""
    its_own = told.removeprefix("It waits ")
    return f"Frame {frame.number} waits{' ' if its_own != told else ': '}{its_own}"


def _waiting_instances(job: Job, frame: Frame) -> Iterator[int]:
    """Those that have not begun, by their numbers on the farm: the frame's own, or its n² + 1 parts for n × n tiles."""
    side = _tile_side(job)
    parts = side**2 + 1 if side > 1 else 1
    begun = job.instances.filter(frame=frame.number).exclude(phase=reports.WAITING)
    known = set(begun.values_list("instance_id", flat=True))
    return (number for number in range(frame.number * parts, (frame.number + 1) * parts) if number not in known)


def _tile_side(job: Job) -> int:
    """n of n × n tiles: as the farm tells it, or, before anything began, as it was ordered."""
    told = job.instances.filter(tile_side__gt=1).values_list("tile_side", flat=True).first()
    ordered = next((value for name, value in job.constants.items() if name.endswith("_SLICING")), "")
    return told or (int(ordered) if ordered.isascii() and ordered.isdigit() and len(ordered) < 3 else 1)
