"""Celery's door. Each may run twice or not at all: rows say what is due, the sweep finds what a message lost."""

from celery import shared_task

from accounts.models import Account
from jobs.domain import add_on_check, bringing, library_links, pictures, poller, scene_check, submission
from jobs.domain import sweep as sweeping
from jobs.enums import Where
from jobs.models import AddOn, Job, Library, Scene


@shared_task
def sweep() -> None:
    sweeping.sweep()


@shared_task
def check_scene(scene_id: str) -> None:
    for scene in Scene.objects.filter(pk=scene_id).select_related("account"):
        scene_check.check(scene)


@shared_task
def look_through_library(library_id: str) -> None:
    for library in Library.objects.filter(pk=library_id).select_related("account"):
        library_links.look_through(library)


@shared_task
def check_add_on(add_on_id: str) -> None:
    for add_on in AddOn.objects.filter(pk=add_on_id).select_related("account"):
        add_on_check.check(add_on)


@shared_task
def submit_job(job_id: str) -> None:
    for job in _jobs(job_id):
        submission.submit(job)


@shared_task
def cancel_on_farm(job_id: str) -> None:
    for job in _jobs(job_id):
        submission.cancel_on_farm(job)


@shared_task
def bring_files(job_id: str) -> None:
    for job in _jobs(job_id):
        bringing.bring(job)


@shared_task
def poll_account(account_id: str, farm: str) -> None:
    for account in Account.objects.filter(pk=account_id):
        poller.take_turn(account, Where(farm))


@shared_task
def open_pictures(job_id: str) -> None:
    for job in _jobs(job_id):
        pictures.open_landed(job)


def _jobs(job_id: str) -> list[Job]:
    return list(Job.objects.filter(pk=job_id).select_related("scene", "account"))
