"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from render_web.health import health

urlpatterns = [
    path("admin/", admin.site.urls),
    # allauth's own page for it takes away an address that was never confirmed: the operator changes addresses.
    path("accounts/email/", RedirectView.as_view(pattern_name="account")),
    path("accounts/", include("allauth.urls")),
    path("account/", include("accounts.urls")),
    path("farm/", include("farm.api.urls")),
    path("health/", health, name="health"),
    path("", include("jobs.urls")),
]
