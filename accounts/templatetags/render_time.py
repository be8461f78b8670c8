"""Render time in words, for the account pages and the admin panel."""

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def render_time(seconds: int) -> str:
    """`59 h 42 min`, `3 min 20 s`, `8 s`; with a minus sign where it was taken."""
    sign = "−" if seconds < 0 else ""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours:,} h {minutes} min" if minutes else f"{sign}{hours:,} h"
    if minutes:
        return f"{sign}{minutes} min {rest} s" if rest else f"{sign}{minutes} min"
    return f"{sign}{rest} s"


@register.simple_tag
def free_hours() -> int:
    """The hours that greet a new account; 0 where the operator gives none."""
    return settings.FREE_HOURS
