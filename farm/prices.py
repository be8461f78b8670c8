"""What an order costs an hour."""

from farm.engines import profiles
from farm.licences import Choice
from farm.models import Rate

_NO_LICENCE = Choice()


def rate_of(profile_name: str, licence: Choice = _NO_LICENCE) -> float:
    """Render hours that an hour of execution costs now, with a seat of the farm's licence where one is taken.

    A task keeps the rate of its order (Task.rate).
    """
    return _of_software(profile_name) + licence.extra_rate


def _of_software(profile_name: str) -> float:
    """The operator's rate of this version, else of all its versions, else the profile's own."""
    profile = profiles.all_profiles()[profile_name]
    rates = {
        rate.profile: rate.hours_an_hour for rate in Rate.objects.filter(profile__in=[profile.name, profile.family])
    }
    return rates.get(profile.name, rates.get(profile.family, profile.rate))
