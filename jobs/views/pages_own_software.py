"""Running software of one's own: the page that orders it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.domain import licences, own_software
from jobs.domain.orders import OrderRefused
from jobs.models import Library
from jobs.own_software_form import OwnSoftwareForm
from jobs.views.door import account_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_software_page(request: HttpRequest) -> HttpResponse:
    account = account_of(request)
    profile = own_software.on_offer(account)
    if profile is None:
        return render(request, "jobs/own_software.html", {"form": None})
    form = OwnSoftwareForm(
        profile, Library.objects.visible_to(account), licences.needed(account, profile), request.POST or None
    )
    if form.is_valid():
        try:
            return redirect(own_software.order(account, form.order()))
        except OrderRefused as refusal:
            form.refuse(refusal)
    context = {"form": form, "profile": profile}
    return render(request, "jobs/own_software.html", context, status=422 if form.is_bound else 200)
