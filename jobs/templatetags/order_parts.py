"""Libraries and add-ons in an order, as proposed or as posted, and in the details of a render."""

from typing import Any

from django import template
from django.template import RequestContext

from jobs.domain import add_ons, libraries
from jobs.domain.add_ons import AddOnOffer
from jobs.domain.libraries import LibraryOffer
from jobs.domain.licences import ON_DEMAND, OWN
from jobs.models import Job
from jobs.problems import Explained, explain

register = template.Library()

_LICENCES = {ON_DEMAND: "the farm's", OWN: "your own"}


@register.simple_tag(takes_context=True)
def library_offers(context: RequestContext) -> list[LibraryOffer]:
    return libraries.proposed(context["scene"], context.get("chosen_libraries"))


@register.simple_tag(takes_context=True)
def add_on_offers(context: RequestContext) -> list[AddOnOffer]:
    return add_ons.offered(context["scene"], context.get("chosen_add_ons"))


@register.filter
def attached(job: Job) -> list[tuple[str, str]]:
    """What was chosen, in words, under its heading; nothing under nothing."""
    shelves = libraries.attached(job)
    brought = add_ons.attached(job)
    found = [("Libraries", ", ".join(map(str, shelves))), ("Add-ons", ", ".join(map(str, brought)))]
    found.append(("Licence", _LICENCES.get(job.licence, "")))
    return [(heading, names) for heading, names in found if names]


@register.filter
def explained(problem: dict[str, Any]) -> Explained:
    return explain(problem)
