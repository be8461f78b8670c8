"""What the order offers beside the software's settings: libraries and add-ons, as proposed or as posted."""

from typing import Any

from django import template
from django.template import RequestContext

from jobs.domain import add_ons, libraries
from jobs.domain.add_ons import AddOnOffer
from jobs.domain.libraries import LibraryOffer
from jobs.problems import Explained, explain

register = template.Library()


@register.simple_tag(takes_context=True)
def library_offers(context: RequestContext) -> list[LibraryOffer]:
    return libraries.proposed(context["scene"], context.get("chosen_libraries"))


@register.simple_tag(takes_context=True)
def add_on_offers(context: RequestContext) -> list[AddOnOffer]:
    return add_ons.offered(context["scene"], context.get("chosen_add_ons"))


@register.filter
def explained(problem: dict[str, Any]) -> Explained:
    return explain(problem)
