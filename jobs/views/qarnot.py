"""The token for Qarnot, given and taken away on the account page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from jobs.domain import qarnot
from jobs.views.door import account_of


@sensitive_post_parameters("token")
@require_POST
@login_required
def connect(request: HttpRequest) -> HttpResponse:
    try:
        access = qarnot.connect(account_of(request), request.POST.get("token", ""))
        messages.success(request, f"Qarnot knows you as {access.email}. New renders can be ordered there now.")
    except qarnot.QarnotRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('account')}#qarnot")


@require_POST
@login_required
def disconnect(request: HttpRequest) -> HttpResponse:
    try:
        qarnot.disconnect(account_of(request))
        messages.info(request, "The Qarnot token is gone from here. It still works elsewhere: revoke it at Qarnot.")
    except qarnot.QarnotRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('account')}#qarnot")
