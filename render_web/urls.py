"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path

from render_web.health import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("account/", include("accounts.urls")),
    path("farm/", include("farm.api.urls")),
    path("health/", health, name="health"),
    path("", include("jobs.urls")),
]
