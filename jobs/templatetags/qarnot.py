"""Qarnot on pages: the account's part about its token, the word in a render's facts."""

from typing import Any

from django import template

from jobs import qarnot_access
from jobs.domain import qarnot
from jobs.enums import Where
from jobs.models import Job

register = template.Library()


@register.inclusion_tag("jobs/parts/qarnot_access.html", takes_context=True)
def qarnot_token(context: Any) -> dict[str, Any]:
    account = context["request"].user
    return {
        "access": qarnot_access.of(account),
        "trouble": qarnot_access.why_shut(account),
        "under_way_count": qarnot.under_way_count(account),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def place_words(job: Job) -> str:
    """Empty for the studio's own machines."""
    return "at Qarnot" if job.farm == Where.QARNOT else ""
