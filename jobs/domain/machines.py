"""What the farm says of a job's instances, folded into their rows and into the states of the frames."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from django.db.models import QuerySet

from jobs.domain.reports import CANCELLED, ENDED_PHASES, FAILURE, SUCCESS, WAITING, InstanceReport
from jobs.enums import FrameState, Where
from jobs.models import FarmInstance, Frame, Job
from jobs.problems.of_jobs import remedy_for

ROWS_AT_ONCE = 500
FIELDS = [
    "phase",
    "progress",
    "cpu_percent",
    "memory_mb",
    "cpu_model",
    "node",
    "place",
    "is_heating",
    "attempt_count",
    "execution_seconds",
    "error",
    "frame",
    "part",
    "tile_side",
]


def changed(job: Job, said: Mapping[int, InstanceReport], known: Mapping[int, InstanceReport]) -> list[InstanceReport]:
    """What differs from the rows. `known` is what this poller saw last; rows are read for the rest only."""
    news = {number: report for number, report in said.items() if known.get(number) != report}
    rows = _rows(job, news)
    differing = [report for number, report in news.items() if number not in rows or _differs(rows[number], report)]
    return differing + _silent(job, said, known)


def _silent(job: Job, said: Mapping[int, InstanceReport], known: Mapping[int, InstanceReport]) -> list[InstanceReport]:
    """Instances that ran and are mentioned no more: they wait for another machine."""
    if known and not known.keys() - said.keys():
        return []
    running = FarmInstance.objects.filter(job_id=job.pk).exclude(phase__in=[*ENDED_PHASES, WAITING])
    places = running.values_list("instance_id", "attempt_count", "frame", "part", "tile_side")
    return [
        InstanceReport(number, WAITING, attempt_count=attempts, frame=frame, part=part, tile_side=side)
        for number, attempts, frame, part, side in places
        if number not in said
    ]


def _rows(job: Job, numbers: Collection[int]) -> dict[int, FarmInstance]:
    wanted = sorted(numbers)
    rows: dict[int, FarmInstance] = {}
    for first in range(0, len(wanted), ROWS_AT_ONCE):
        some = FarmInstance.objects.filter(job_id=job.pk, instance_id__in=wanted[first : first + ROWS_AT_ONCE])
        rows.update({row.instance_id: row for row in some})
    return rows


def _differs(row: FarmInstance, report: InstanceReport) -> bool:
    return any(getattr(row, name) != getattr(report, name) for name in FIELDS)


def seen(job: Job) -> QuerySet[FarmInstance]:
    """Those that a machine has had in hand: what a farm ended before it began is no machine's."""
    never_began = {"phase__in": [FAILURE, CANCELLED], "attempt_count": 0, "cpu_model": "", "execution_seconds": 0}
    return FarmInstance.objects.filter(job_id=job.pk).exclude(**never_began)


def write(job: Job, reports: Sequence[InstanceReport], revision: int) -> None:
    """Inside a `revisions.change`."""
    rows = [
        FarmInstance(job=job, instance_id=said.instance_id, revision=revision, **{f: getattr(said, f) for f in FIELDS})
        for said in reports
    ]
    FarmInstance.objects.bulk_create(
        rows,
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["job", "instance_id"],
        update_fields=[*FIELDS, "revision"],
    )
    _write_frames(job, reports, revision)


def _write_frames(job: Job, reports: Sequence[InstanceReport], revision: int) -> None:
    """A frame that landed stays done whatever is said later; a success is done only when its file is here."""
    wholes = [said for said in reports if not said.is_tile]
    settled = {said.frame for said in wholes}
    tiles = {said.frame for said in reports if said.is_tile} - settled
    states: dict[str, list[int]] = {}
    for said in wholes:
        states.setdefault(_frame_state(said), []).append(said.frame)
    for state, numbers in states.items():
        for frames in _some(job, numbers):
            frames.exclude(state__in=[FrameState.DONE, state]).update(state=state, problem=None, revision=revision)
    _write_tiled(job, sorted(tiles), revision)
    _write_reasons(job, wholes)


def _write_tiled(job: Job, numbers: Sequence[int], revision: int) -> None:
    """Tiles only say that their frame is under way: what puts them together says how it ended."""
    for frames in _some(job, numbers):
        begun = FarmInstance.objects.filter(job_id=job.pk, frame__in=frames.values("number"))
        under_way = set(begun.exclude(phase__in=[WAITING, CANCELLED]).values_list("frame", flat=True))
        open_ones = frames.filter(state__in=[FrameState.WAITING, FrameState.RENDERING])
        open_ones.filter(number__in=under_way).exclude(state=FrameState.RENDERING).update(
            state=FrameState.RENDERING, problem=None, revision=revision
        )
        open_ones.exclude(number__in=under_way).exclude(state=FrameState.WAITING).update(
            state=FrameState.WAITING, revision=revision
        )


def _some(job: Job, numbers: Sequence[int]) -> Iterator[QuerySet[Frame]]:
    for first in range(0, len(numbers), ROWS_AT_ONCE):
        yield Frame.objects.filter(job_id=job.pk, number__in=numbers[first : first + ROWS_AT_ONCE])


def _write_reasons(job: Job, reports: Sequence[InstanceReport]) -> None:
    """Thousands of frames mostly fail of the same thing."""
    failed: dict[str, list[int]] = {}
    for report in reports:
        if report.phase == FAILURE:
            failed.setdefault(report.error or "it did not say why", []).append(report.frame)
    for message, numbers in failed.items():
        problem = {
            "id": "frame_failed",
            "message": message,
            "remedy": remedy_for(message, makes_pictures=job.makes_pictures, at_qarnot=job.farm == Where.QARNOT),
        }
        for frames in _some(job, numbers):
            frames.filter(state=FrameState.FAILED).update(problem=problem)


def _frame_state(said: InstanceReport) -> str:
    if said.phase == WAITING and said.tile_side > 1:
        return FrameState.RENDERING  # its tiles are there
    return {
        FAILURE: FrameState.FAILED,
        CANCELLED: FrameState.CANCELLED,
        WAITING: FrameState.WAITING,
    }.get(said.phase, FrameState.RENDERING)


def used_seconds(job: Job, rate: float) -> float:
    """Render time of what succeeded: what is charged. The studio's farm charges whole seconds of each, one at least."""
    succeeded = FarmInstance.objects.filter(job_id=job.pk, phase=SUCCESS)
    executed = succeeded.values_list("execution_seconds", flat=True)
    if job.farm == Where.QARNOT:
        return sum(executed) * rate
    return float(sum(max(1, math.ceil(seconds * rate)) for seconds in executed))
