"""Time, size and counts as an artist says them."""

from django import template

from accounts import ledger
from accounts.models import Account
from jobs.domain.licences import Licence
from jobs.profiles import Profile

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.filter
def duration(seconds: float | None) -> str:
    """ "38 min", "1 h 20 min", "2 days 3 h": two units at most."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{round(whole / MINUTE)} min"
    if whole < DAY:
        hours, rest = divmod(whole, HOUR)
        minutes = rest // MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, rest = divmod(whole, DAY)
    return f"{days} d {rest // HOUR} h"


@register.filter
def hours(seconds: float | None) -> str:
    """Render time as hours with one decimal; below an hour, minutes."""
    if seconds is None:
        return ""
    if abs(seconds) < HOUR and seconds:
        return f"{round(seconds / MINUTE)} min"
    return f"{seconds / HOUR:.1f}".removesuffix(".0") + " h"


@register.filter
def hours_typed(seconds: int) -> str:
    """As a field for hours has it: `2`, `0.5`."""
    return f"{seconds / HOUR:.4f}".rstrip("0").rstrip(".")


@register.filter
def size(byte_count: int | None) -> str:
    """Bytes by thousands, as file managers show them."""
    number = float(byte_count or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


@register.simple_tag
def hours_free(account: Account) -> str:
    """For the next order: what is held for renders under way counts for nothing there."""
    return hours(ledger.available_seconds(account))


@register.simple_tag
def hours_free_sentence(account: Account) -> str:
    """What an order can count on."""
    free, held = ledger.available_seconds(account), ledger.held_seconds(account)
    if not held:
        return f"You have {hours(free)} free." if free else "You have no render hours left. Ask the operator for more."
    mine = f"You have {hours(free)} free; " if free else "You have no render hours free: "
    return f"{mine}{hours(held)} are held for renders that are under way."


@register.simple_tag
def rate_sentence(profile: Profile, licence: Licence | None = None) -> str:
    """Empty where an hour costs an hour. `licence`: the one it needs, whose seat at the farm may cost more."""
    total = profile.rate + licence.extra_rate if licence and licence.seats else profile.rate
    if total == 1 and profile.rate == 1:
        return ""
    said = f"An hour of rendering costs {profile.rate:g} render hour{'s' * (profile.rate > 1)} with {profile.software}"
    return f"{said}." if total == profile.rate else f"{said}, {total:g} with the farm's licence."
