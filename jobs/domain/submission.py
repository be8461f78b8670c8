"""Handing a render to the farm: the row is the order, the message hurries it, and the farm gets it once."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs import farms
from jobs.domain import add_ons, bringing, farm_silence, frame_list, libraries, lifecycle, orders, resources, scenes
from jobs.domain.orders import Order
from jobs.domain.revisions import change
from jobs.domain.turns import turn
from jobs.enums import FrameState, JobState, Where
from jobs.hurry import hurry
from jobs.models import FarmInstance, Frame, Job, Scene
from jobs.profiles import Profile

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""One submission at a time; after this another may try."""
UNFORESEEN_FOR_AT_MOST = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=5)
FRAMES_AT_ONCE = 2000
NOT_LANDED: dict[str, Any] = {
    "problem": None,
    "key": "",
    "size_bytes": 0,
    "width": 0,
    "height": 0,
    "thumbnail": "",
    "preview": "",
    "looks": "",
    "landed_at": None,
}


def order(scene: Scene, wanted: Order) -> Job:
    """A render of the scene; a worker hands it over. Raises orders.OrderRefused."""
    profile, frames = orders.checked(scene, wanted)
    job = Job(
        account_id=scene.account_id,
        scene=scene,
        name=scenes.clean_name(wanted.name or scene.name),
        constants=_constants(scene, profile, wanted),
    )
    return place(job, wanted, profile, frames)


def place(job: Job, wanted: Order, profile: Profile, numbers: Sequence[int]) -> Job:
    """The rows of an order that was checked, frames and all; `job` is not saved yet. Raises orders.OrderRefused."""
    job.farm, job.profile, job.makes_pictures = wanted.where, profile.name, profile.makes_pictures
    job.licence = wanted.licence
    job.frames, job.frame_count = wanted.frames, len(numbers)
    job.cap_seconds, job.priority = wanted.cap_seconds, wanted.priority
    job.result_bucket, job.revision = own_bucket(job), 1
    job.next_poll_at = timezone.now()
    with transaction.atomic():
        job.save(force_insert=True)
        add_frames(job, numbers, revision=1)
        _attach(job, wanted)
        hurry("submit_job", job.pk)
    job.refresh_from_db()
    return job


def own_bucket(job: Job) -> str:
    """Of what is ordered here; a script names its own."""
    return f"render-{job.pk}"


def _attach(job: Job, wanted: Order) -> None:
    """Inside the order's transaction. Raises orders.OrderRefused where one of them is gone meanwhile."""
    try:
        libraries.attach(job, wanted.library_ids)
        if job.scene is not None:  # an add-on is of the software that opens it
            add_ons.attach(job, wanted.add_on_ids)
    except (libraries.LibraryRefused, add_ons.AddOnRefused) as refusal:
        raise orders.OrderRefused({"": str(refusal)}) from refusal


def add_frames(job: Job, numbers: Sequence[int], revision: int) -> None:
    Frame.objects.bulk_create(
        [Frame(job=job, number=number, revision=revision) for number in numbers], batch_size=FRAMES_AT_ONCE
    )


def submit(job: Job) -> None:
    """Hands a submitting job to the farm. Safe to call twice, and after an answer that never came."""
    with turn(job.farm) as may_ask:
        if may_ask and _claim(job):
            _submit(job)


def _submit(job: Job) -> None:
    if not bringing.is_complete(job):
        hurry("bring_files", job.pk)
        return
    try:
        uuid = _task_of(job)
    except farms.FarmDown as down:
        again = farm_silence.silent(job.account, Where(job.farm), down)
        Job.objects.filter(pk=job.pk).update(next_poll_at=again)
        return
    except farms.FarmRefused as refused:
        _refused(job, str(refused))
        return
    except OperationalError as busy:  # no fault of the order's, however long its files were on their way before
        logger.warning("job %s: the database does not answer, it is tried again: %s", job.pk, busy)
        return
    except Exception as failure:
        logger.exception("job %s could not be handed over", job.pk)
        _try_later_or_give_up(job, failure)
        return
    _handed_over(job, uuid)


def _try_later_or_give_up(job: Job, failure: Exception) -> None:
    """What nobody foresaw may pass, but it does not keep a render waiting for ever."""
    if timezone.now() - job.state_changed_at < UNFORESEEN_FOR_AT_MOST:
        return  # the claim runs out, and the sweep tries again
    minutes = int(UNFORESEEN_FOR_AT_MOST.total_seconds() // 60)
    lifecycle.fail(job, {"id": "not_handed_over", "minutes": minutes, "reason": f"{type(failure).__name__}."})


def _task_of(job: Job) -> str:
    """Found, if an answer of the farm was lost before; else ordered. Raises farms.FarmDown, FarmRefused."""
    farm = farms.of(job.account, Where(job.farm))
    found = farm.find(shortname(job))
    if found:
        return found
    try:
        return farm.submit(_task_order(job))
    except farms.FarmRefused:
        found = farm.find(shortname(job))  # refused perhaps because another worker was quicker
        if found:
            return found
        raise


def shortname(job: Job) -> str:
    return f"{job.pk}-{job.submission_number}"


def _claim(job: Job) -> bool:
    """The task is looked for before it is posted, so a claim that ran out does not double it."""
    now = timezone.now()
    due = Job.objects.filter(
        pk=job.pk,
        state__in=[JobState.SUBMITTING, JobState.CANCELLING],
        farm_task_uuid="",
        next_poll_at__lte=now,
    )
    won = due.update(next_poll_at=now + LEASE)
    job.refresh_from_db()
    if won and job.state == JobState.CANCELLING:
        return _was_never_handed_over(job)
    return bool(won)


def _was_never_handed_over(job: Job) -> bool:
    """Cancelled before the farm had it. An answer of the farm may have been lost: its task is found and stopped."""
    if not bringing.is_complete(job):  # while its files are brought nothing is asked of the farm
        lifecycle.end_as_cancelled(job)
        return False
    try:
        farm = farms.of(job.account, Where(job.farm))
        uuid = farm.find(shortname(job))
        if uuid:
            farm.cancel(uuid)
            _handed_over(job, uuid)
        else:
            lifecycle.end_as_cancelled(job)
    except (farms.FarmDown, farms.FarmRefused):
        Job.objects.filter(pk=job.pk).update(next_poll_at=timezone.now() + AGAIN_AFTER)
    return False


def _task_order(job: Job) -> farms.TaskOrder:
    numbers = job.frame_set.filter(state=FrameState.WAITING).values_list("number", flat=True)
    return farms.TaskOrder(
        name=job.name,
        shortname=shortname(job),
        profile=job.profile,
        ranges=frame_list.to_ranges(list(numbers)),
        constants={**job.constants, **add_ons.constants_of(job)},
        resources=[needed.resource for needed in resources.of(job)],
        result_bucket=job.result_bucket,
        cap_seconds=job.cap_seconds,
        priority=job.priority,
        licence=job.licence,
    )


def _constants(scene: Scene, profile: Profile, wanted: Order) -> dict[str, str]:
    """What was chosen. An empty one is left to the scene."""
    known = {constant.name for constant in profile.constants}
    chosen = {name: value for name, value in wanted.constants.items() if value and name in known}
    return {**({profile.scene_constant: scene.main_file} if profile.scene_constant else {}), **chosen}


def _handed_over(job: Job, uuid: str) -> None:
    Job.objects.filter(pk=job.pk, farm_task_uuid="").update(farm_task_uuid=uuid, next_poll_at=timezone.now())
    job.refresh_from_db()
    if job.state == JobState.SUBMITTING:
        try:
            lifecycle.move(job, JobState.WAITING)
        except lifecycle.JobMovedMeanwhile:
            job.refresh_from_db()
    if job.state in (JobState.CANCELLING, JobState.CANCELLED):  # cancelled while it was on its way
        hurry("cancel_on_farm", job.pk)
    hurry("poll_account", job.account_id, job.farm)


def _refused(job: Job, message: str) -> None:
    logger.info("job %s was refused: %s", job.pk, message)
    lifecycle.fail(job, {"id": _reason_of_refusal(job, message.lower()), "message": message[:300]})


def _reason_of_refusal(job: Job, words: str) -> str:
    if job.farm == Where.QARNOT:  # its credits are no hours of ours
        return "qarnot_refused"
    if "suspended" in words:
        return "account_suspended"
    if "hours" not in words and "credit" not in words:
        return "farm_refused"
    return "hours_held" if "held" in words else "no_hours_left"


def cancel_on_farm(job: Job) -> None:
    """Tells the farm. The poll asks again while the farm has not stopped."""
    if job.state == JobState.CANCELLING and not job.farm_task_uuid:
        submit(job)
    if job.state not in (JobState.CANCELLING, JobState.CANCELLED) or not job.farm_task_uuid:
        return
    try:
        with turn(job.farm) as may_ask:
            if may_ask:
                farms.of(job.account, Where(job.farm)).cancel(job.farm_task_uuid)
    except (farms.FarmDown, farms.FarmRefused) as trouble:
        logger.warning("job %s could not be cancelled on the farm yet: %s", job.pk, trouble)


def render_failed_again(job: Job) -> None:
    """A new farm task with the frames that are not there. Raises lifecycle.ForbiddenMove.

    It may use `job.cap_seconds` anew: what the job used before doesn't count.
    """
    if job.scene is None and job.result_bucket != own_bucket(job):
        raise lifecycle.ForbiddenMove("This render was ordered by a script. Order it again from there.")
    if not _not_there(job).exists():
        raise lifecycle.ForbiddenMove("Every frame is here; there is nothing to render again.")
    with transaction.atomic():
        _begin_again(job)
    job.refresh_from_db()
    hurry("submit_job", job.pk)


def _not_there(job: Job) -> QuerySet[Frame]:
    return job.frame_set.filter(state__in=[FrameState.FAILED, FrameState.CANCELLED])


def _begin_again(job: Job) -> None:
    """The log goes on where it is; the new task's output begins at its first character."""
    lifecycle.move(
        job,
        JobState.SUBMITTING,
        problem=None,
        ended_at=None,
        farm_task_uuid="",
        farm_state="",
        waiting_reason="",
        waiting_code="",
        waiting_position=None,
        submission_number=job.submission_number + 1,
        cap_seconds=job.cap_seconds,
        brought_percent=None,
        stdout_offset=0,
        stderr_offset=0,
        output_tails={},
        frames_failed_count=0,
        next_poll_at=timezone.now(),
    )
    with change(job.pk) as revision:
        numbers = list(_not_there(job).values_list("number", flat=True))
        _not_there(job).update(state=FrameState.WAITING, revision=revision, **NOT_LANDED)
        for first in range(0, len(numbers), FRAMES_AT_ONCE):
            FarmInstance.objects.filter(job=job, frame__in=numbers[first : first + FRAMES_AT_ONCE]).update(
                phase="waiting", progress=0, error="", revision=revision
            )
