"""What the farm says of a job's instances, folded into their rows and into the states of the frames."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from django.db.models import Sum

from jobs.domain.reports import CANCELLED, ENDED_PHASES, FAILURE, SUCCESS, WAITING, InstanceReport
from jobs.enums import FrameState
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
    "attempt_count",
    "execution_seconds",
    "error",
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
    return [
        InstanceReport(number, WAITING, attempt_count=attempts)
        for number, attempts in running.values_list("instance_id", "attempt_count")
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


def write(job: Job, reports: Sequence[InstanceReport], revision: int) -> None:
    """Inside a `revisions.change`."""
    rows = [FarmInstance(job=job, revision=revision, **asdict(report)) for report in reports]
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
    states: dict[str, list[int]] = {}
    for report in reports:
        states.setdefault(_frame_state(report.phase), []).append(report.instance_id)
    for state, numbers in states.items():
        for first in range(0, len(numbers), ROWS_AT_ONCE):
            frames = Frame.objects.filter(job_id=job.pk, number__in=numbers[first : first + ROWS_AT_ONCE])
            frames.exclude(state__in=[FrameState.DONE, state]).update(state=state, problem=None, revision=revision)
    _write_reasons(job, reports)


def _write_reasons(job: Job, reports: Sequence[InstanceReport]) -> None:
    """Thousands of frames mostly fail of the same thing."""
    failed: dict[str, list[int]] = {}
    for report in reports:
        if report.phase == FAILURE:
            failed.setdefault(report.error or "it did not say why", []).append(report.instance_id)
    for message, numbers in failed.items():
        problem = {"id": "frame_failed", "message": message, "remedy": remedy_for(message)}
        for first in range(0, len(numbers), ROWS_AT_ONCE):
            some = numbers[first : first + ROWS_AT_ONCE]
            Frame.objects.filter(job_id=job.pk, number__in=some, state=FrameState.FAILED).update(problem=problem)


def _frame_state(phase: str) -> str:
    return {
        FAILURE: FrameState.FAILED,
        CANCELLED: FrameState.CANCELLED,
        WAITING: FrameState.WAITING,
    }.get(phase, FrameState.RENDERING)


def used_seconds(job: Job) -> float:
    """Render time of the frames that succeeded: what the farm charges."""
    succeeded = FarmInstance.objects.filter(job_id=job.pk, phase=SUCCESS)
    return float(succeeded.aggregate(sum=Sum("execution_seconds"))["sum"] or 0.0)
