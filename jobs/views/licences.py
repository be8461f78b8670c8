"""The account's own licences: a part of the account page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from jobs import farms
from jobs.domain import licences
from jobs.views.door import account_of

FARM_SILENT = "The farm does not answer. Trying again in a moment helps."


@require_safe
@login_required
@never_cache
def part(request: HttpRequest) -> HttpResponse:
    """Nothing where the farm has no licences; asked for when the account page is there, which waits for no farm."""
    try:
        brought = [licence for licence in licences.every(account_of(request)) if licence.ways]
    except (farms.FarmDown, farms.FarmRefused):
        brought = None
    return render(request, "jobs/parts/licences.html", {"licences": brought})


@sensitive_post_parameters("value")
@require_POST
@login_required
def keep(request: HttpRequest, licence: str, kind: str) -> HttpResponse:
    """`value`: the address or the key, which is not shown again."""
    try:
        kept = licences.keep(account_of(request), licence, kind, request.POST.get("value", ""))
    except (licences.LicenceRefused, farms.FarmRefused) as refusal:
        messages.error(request, str(refusal))
    except farms.FarmDown:
        messages.error(request, FARM_SILENT)
    else:
        messages.success(request, f"Your {kept.title} licence is kept. Renders that need one take yours from now on.")
    return _back()


@require_POST
@login_required
def remove(request: HttpRequest, licence: str, kind: str) -> HttpResponse:
    try:
        gone = licences.remove(account_of(request), licence, kind)
    except (licences.LicenceRefused, farms.FarmRefused) as refusal:
        messages.error(request, str(refusal))
    except farms.FarmDown:
        messages.error(request, FARM_SILENT)
    else:
        messages.info(request, f"Your {gone.title} licence is removed. Renders under way that use it fail.")
    return _back()


def _back() -> HttpResponse:
    return redirect(f"{reverse('account')}#licences")
