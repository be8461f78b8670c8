"""The start and the list of renders."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.domain import discovery, listing
from jobs.views.door import account_of


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs/landing.html", {"free_hours": settings.FREE_HOURS})


@require_safe
@login_required
def renders(request: HttpRequest) -> HttpResponse:
    """Grouped by what needs the person; search and place stay in the address."""
    account = account_of(request)
    discovery.ask_for(account)
    words = request.GET.get("q", "").strip()
    page = listing.page(account, words=words, cursor=request.GET.get("before", ""))
    return render(request, "jobs/renders.html", {"page": page, "words": words})
