"""Finds by their rows what is due: whatever message was lost, and whoever died over it, the work is found here."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from jobs.domain import add_ons, discovery, finishing, lifecycle, uploads
from jobs.enums import FrameState, JobState, SceneState, UploadState
from jobs.hurry import hurry
from jobs.models import AddOn, FarmPoller, Frame, Job, Library, Scene

AT_ONCE = 100
HOURLY, EVERY_FEW_SECONDS, OFTEN = 3600, 5, 2
PICTURES_WAIT_FOR = timedelta(seconds=5)


def sweep() -> None:
    """Once a second. Two at a time, or none for a while, do no harm."""
    _check_scenes()
    _submit()
    _poll()
    _at_most_every(OFTEN, discovery.ask_for_scripting_accounts)
    _at_most_every(EVERY_FEW_SECONDS, _open_pictures)
    _at_most_every(EVERY_FEW_SECONDS, _settle_lost_checks)
    _at_most_every(EVERY_FEW_SECONDS, _look_through_libraries)
    _at_most_every(EVERY_FEW_SECONDS, _check_add_ons)
    _at_most_every(EVERY_FEW_SECONDS, lifecycle.give_up_cancelling)
    _at_most_every(HOURLY, uploads.abort_idle)
    _at_most_every(HOURLY, _forget_empty_scenes)
    _at_most_every(HOURLY, add_ons.forget_unfinished)


def _at_most_every(seconds: int, work: Callable[[], None]) -> None:
    """A hint kept in the cache: lost, it only means the work is looked for sooner."""
    try:
        is_mine = cache.add(f"swept:{work.__name__}", True, seconds)
    except Exception:  # whatever the cache's own library raises while Redis is down
        is_mine = True
    if is_mine:
        work()


def _check_scenes() -> None:
    for scene_id in _due_scenes(SceneState.CHECKING):
        hurry("check_scene", scene_id)


def _settle_lost_checks() -> None:
    """Read, and ready; only Blender's own word is missing, because its worker was lost."""
    lost = _due_scenes(SceneState.READY)
    Scene.objects.filter(pk__in=lost).update(due_at=None, checked_at=timezone.now())


def _look_through_libraries() -> None:
    for library_id in Library.objects.filter(due_at__lte=timezone.now()).values_list("pk", flat=True)[:AT_ONCE]:
        hurry("look_through_library", library_id)


def _check_add_ons() -> None:
    for add_on_id in AddOn.objects.filter(due_at__lte=timezone.now()).values_list("pk", flat=True)[:AT_ONCE]:
        hurry("check_add_on", add_on_id)


def _due_scenes(state: SceneState) -> list[UUID]:
    due = Scene.objects.filter(state=state, due_at__lte=timezone.now() - timedelta(seconds=1))
    return list(due.values_list("pk", flat=True)[:AT_ONCE])


def _submit() -> None:
    late = timezone.now() - timedelta(seconds=1)
    waiting = Job.objects.filter(
        state__in=[JobState.SUBMITTING, JobState.CANCELLING], farm_task_uuid="", next_poll_at__lte=late
    )
    for job_id in waiting.values_list("pk", flat=True)[:AT_ONCE]:
        hurry("submit_job", job_id)


def _poll() -> None:
    """Farms of accounts with something due that nobody asks for now."""
    now = timezone.now()
    due = Job.objects.filter(next_poll_at__lte=now).exclude(farm_task_uuid="")
    asked_for = set(due.values_list("account_id", "farm").distinct()[:AT_ONCE])
    asked_for |= set(FarmPoller.objects.filter(discover_at__lte=now).values_list("account_id", "farm")[:AT_ONCE])
    accounts = {account_id for account_id, _ in asked_for}
    leased = FarmPoller.objects.filter(account__in=accounts, leased_until__gt=now)
    for account_id, farm in asked_for - set(leased.values_list("account_id", "farm")):
        hurry("poll_account", account_id, farm)


def _open_pictures() -> None:
    """Landed some seconds ago, and nobody opens them. After some minutes they stay without a preview."""
    now = timezone.now()
    lately = (now - finishing.OPENING_FOR_AT_MOST, now - PICTURES_WAIT_FOR)
    unopened = Frame.objects.filter(state=FrameState.DONE, width=0, landed_at__range=lately)
    free = Q(job__pictures_leased_until__isnull=True) | Q(job__pictures_leased_until__lt=now)
    for job_id in unopened.exclude(key="").filter(free).values_list("job_id", flat=True).distinct()[:AT_ONCE]:
        hurry("open_pictures", job_id)


def _forget_empty_scenes() -> None:
    """Begun, and left before anything arrived."""
    old = timezone.now() - uploads.IDLE_FOR
    Scene.objects.filter(state=SceneState.UPLOADING, created_at__lt=old).exclude(
        uploads__state__in=[UploadState.OPEN, UploadState.COMPLETED]
    ).delete()
