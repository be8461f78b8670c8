"""The end of a render: said only after the files were counted and opened against the frame list."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from jobs import sandboxed
from jobs.domain import frame_list, landing, lifecycle
from jobs.domain.reports import Report
from jobs.domain.revisions import change
from jobs.enums import ENDED, FrameState, JobState, Where
from jobs.hurry import hurry
from jobs.models import Frame, Job
from jobs.problems.of_jobs import remedy_for

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = {Where.STUDIO: 0.5, Where.QARNOT: 5.0}
"""At most: whoever opens the pictures has it looked at when they are open."""
MOST_SETTLED = 20_000
OPENING_FOR_AT_MOST = timedelta(minutes=10)
_STOPPED = {"CAP_REACHED": "cap_reached", "NO_HOURS": "hours_used_up"}
"""The farm's code for a task that it ended early by itself → our problem."""
_SCENE_FAILS = "SCENE_FAILS"
"""The farm's code where all that was tried ended with the same error, and the rest was not tried."""


def finish(job: Job, report: Report) -> None:
    """Ends the job if all that landed has been opened; else it is looked at again in a moment."""
    if job.state in ENDED:
        Job.objects.filter(pk=job.pk).update(next_poll_at=None)
        return
    if _is_being_opened(job):
        hurry("open_pictures", job.pk)
        soon = timezone.now() + timedelta(seconds=LOOK_AGAIN_SECONDS[Where(job.farm)])
        Job.objects.filter(pk=job.pk).update(next_poll_at=soon)
        return
    if report.state == "Cancelled":
        lifecycle.end_as_cancelled(job)
    else:
        _settle_frames(job, report)
        _end(job, report)


def _is_being_opened(job: Job) -> bool:
    lately = timezone.now() - OPENING_FOR_AT_MOST
    return sandboxed.may_open(job.account) and unopened(job).filter(landed_at__gt=lately).exists()


def unopened(job: Job) -> QuerySet[Frame]:
    """Landed frames that nobody has tried to open yet."""
    return Frame.objects.filter(job_id=job.pk, state=FrameState.DONE, width=0).exclude(key="")


def _settle_frames(job: Job, report: Report) -> None:
    """What did not come back is failed, with its reason. A script's Blender may have written other files."""
    left = Frame.objects.filter(job_id=job.pk, state__in=[FrameState.WAITING, FrameState.RENDERING])
    if not left.exists():
        return
    with change(job.pk) as revision:
        if job.scene_id is None:
            numbers = [said.frame for said in report.succeeded[:MOST_SETTLED]]
            left.filter(number__in=numbers).update(state=FrameState.DONE, revision=revision)
        left.update(state=FrameState.FAILED, problem={"id": "frame_missing"}, revision=revision)
        Job.objects.filter(pk=job.pk).update(**landing.count(job))
    job.refresh_from_db()


def _end(job: Job, report: Report) -> None:
    failed = Frame.objects.filter(job_id=job.pk).exclude(state=FrameState.DONE)
    if not failed.exists() and report.state == "Success":
        lifecycle.move(job, JobState.COMPLETED, problem=None, next_poll_at=None)
        return
    lifecycle.move(job, JobState.FAILED, problem=_problem(job, list(failed), report), next_poll_at=None)


def _problem(job: Job, failed: list[Frame], report: Report) -> dict[str, Any]:
    said: dict[str, Any] = {"count": len(failed), "frames": frame_list.spoken([frame.number for frame in failed])}
    stopped = next((name for code, name in _STOPPED.items() if code in report.error_codes), "")
    if stopped:
        counts = {"done": job.frames_done_count, "total": job.frame_count, "makes_pictures": job.makes_pictures}
        return {"id": stopped, "cap_seconds": job.cap_seconds, **counts}
    reasons = {str((frame.problem or {}).get("id")) for frame in failed}
    if reasons == {"frame_missing"} and report.state == "Success":
        return {"id": "frames_missing", **said, **({"at_qarnot": True} if job.farm == Where.QARNOT else {})}
    if reasons == {"frame_unreadable"}:
        return {"id": "frames_unreadable", **said}
    message = report.error or next((f.problem["message"] for f in failed if f.problem and "message" in f.problem), "")
    remedy = remedy_for(message, makes_pictures=job.makes_pictures, at_qarnot=job.farm == Where.QARNOT)
    said.update(message=message or "it did not say why.", remedy=remedy)
    if len(failed) < job.frame_count:
        return {"id": "frames_failed", **said}
    if _SCENE_FAILS in report.error_codes:
        return {"id": "scene_fails", **said}
    return {"id": "all_frames_failed" if job.makes_pictures else "all_instances_failed", **said}


def task_vanished(job: Job) -> None:
    """Deleted on the farm, by a script perhaps."""
    logger.warning("job %s: the farm no longer knows task %s", job.pk, job.farm_task_uuid)
    if job.state in ENDED:
        Job.objects.filter(pk=job.pk).update(next_poll_at=None)
    elif job.state == JobState.CANCELLING:
        lifecycle.end_as_cancelled(job)
    else:
        lifecycle.fail(job, {"id": "task_vanished"})
