"""What an order costs an hour."""

from accounts.models import Account
from farm.engines import profiles
from farm.models import Rate


def rate_of(profile_name: str, account: Account) -> float:
    """Render hours that an hour of execution costs this account now. Whatever adds to the software's own is added here.

    A task keeps the rate of its order (Task.rate).
    """
    return _of_software(profile_name)


def _of_software(profile_name: str) -> float:
    """The operator's rate of this version, else of all its versions, else the profile's own."""
    profile = profiles.all_profiles()[profile_name]
    rates = {
        rate.profile: rate.hours_an_hour for rate in Rate.objects.filter(profile__in=[profile.name, profile.family])
    }
    return rates.get(profile.name, rates.get(profile.family, profile.rate))
