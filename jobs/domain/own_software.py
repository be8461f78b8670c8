"""Software that opens no scene, such as an account's own image: ordered with libraries as what it works on."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from jobs import software
from jobs.domain import frame_list, orders, scenes, submission
from jobs.domain.orders import Order, OrderRefused
from jobs.domain.scene_facts import SceneFacts
from jobs.hurry import hurry
from jobs.models import Job
from jobs.profiles import Profile

if TYPE_CHECKING:
    from accounts.models import Account

MOST_INSTANCES = 1000
NOTHING_KNOWN = SceneFacts()


def on_offer(account: "Account") -> Profile | None:
    """What runs anything; None where the farm has no such profile."""
    return next((profile for profile in software.on_offer(account) if _runs_anything(profile)), None)


def _runs_anything(profile: Profile) -> bool:
    return not profile.scene_endings and not profile.are_instances_frames and bool(profile.asked)


def frames_of(instance_count: int) -> str:
    return f"0-{instance_count - 1}" if instance_count > 1 else orders.ONE_INSTANCE


def order(account: "Account", wanted: Order) -> Job:
    """The job's rows; a worker hands it over. Raises orders.OrderRefused."""
    profile = _checked(account, wanted)
    numbers = frame_list.parse(wanted.frames)
    with transaction.atomic():
        job = Job.objects.create(
            account=account,
            name=scenes.clean_name(wanted.name),
            profile=profile.name,
            frames=wanted.frames,
            frame_count=len(numbers),
            constants={name: value for name, value in wanted.constants.items() if value},
            makes_pictures=profile.makes_pictures,
            next_poll_at=timezone.now(),
        )
        Job.objects.filter(pk=job.pk).update(result_bucket=submission.own_bucket(job), revision=1)
        submission.add_frames(job, numbers, revision=1)
        submission.attach(job, wanted)
        hurry("submit_job", job.pk)
    job.refresh_from_db()
    return job


def _checked(account: "Account", wanted: Order) -> Profile:
    profile = on_offer(account)
    if profile is None or profile.name != wanted.profile:
        raise OrderRefused({"": "The farm does not offer this at the moment. Try again in a while."})
    errors = orders.wrong_values(profile, wanted, NOTHING_KNOWN)
    if errors:
        raise OrderRefused(errors)
    return profile
