"""Software that opens no scene, such as an account's own image: ordered with libraries as what it works on."""

from typing import TYPE_CHECKING

from jobs import software
from jobs.domain import frame_list, orders, scenes, submission
from jobs.domain.orders import Order, OrderRefused
from jobs.domain.scene_facts import SceneFacts
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
    """A task of it; a worker hands it over. Raises orders.OrderRefused."""
    profile = _checked(account, wanted)
    constants = {name: value for name, value in wanted.constants.items() if value}
    job = Job(account=account, name=scenes.clean_name(wanted.name), constants=constants)
    return submission.place(job, wanted, profile, frame_list.parse(wanted.frames))


def _checked(account: "Account", wanted: Order) -> Profile:
    profile = on_offer(account)
    if profile is None or profile.name != wanted.profile:
        raise OrderRefused({"": "The farm does not offer this at the moment. Try again in a while."})
    errors = orders.wrong_values(profile, wanted, NOTHING_KNOWN)
    if errors:
        raise OrderRefused(errors)
    return profile
