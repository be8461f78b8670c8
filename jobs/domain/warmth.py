"""Whose rooms a render warms: the towns of the machines whose heat was wanted when they took a frame."""

from django.db.models import Max, QuerySet, Sum

from jobs.domain.reports import WAITING
from jobs.enums import ENDED, JobState
from jobs.models import FarmInstance, Job
from jobs.problems.words import duration, listed


def warmth(job: Job) -> str:
    """`This render warms Lyon.`; empty where nobody wants the heat."""
    if job.state == JobState.RENDERING:
        towns = sorted(_warm_now(job))
        return f"This render warms {listed(towns)}." if towns else ""
    if job.state in ENDED:
        seconds = _warmed_seconds(job)
        parts = [f"{town} for {duration(seconds[town])}" for town in sorted(seconds)]
        return f"This render warmed {listed(parts)} of machine time." if parts else ""
    return ""


def _warm_now(job: Job) -> list[str]:
    """Those whose newest word is of a heating machine: stays said between two frames, goes when the wish has gone."""
    newest: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for town, is_heating, revision in (
        _begun(job).values_list("place", "is_heating").annotate(Max("revision")).order_by()
    ):
        newest[is_heating][town] = revision
    return [town for town, revision in newest[True].items() if revision >= newest[False].get(town, 0)]


def _warmed_seconds(job: Job) -> dict[str, float]:
    sums = _begun(job).filter(is_heating=True).values_list("place").annotate(Sum("execution_seconds")).order_by()
    return {town: float(seconds) for town, seconds in sums if seconds}


def _begun(job: Job) -> QuerySet[FarmInstance]:
    return FarmInstance.objects.filter(job=job).exclude(phase=WAITING).exclude(place="")
