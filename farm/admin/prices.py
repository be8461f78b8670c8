"""What software costs, and its licences, for the operator."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from farm import seats, wakes
from farm.engines import profiles
from farm.licence_form import LicenceForm
from farm.models import Licence, Rate


class RateForm(forms.ModelForm):
    profile = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted({*profiles.families(), *profiles.all_profiles()})]
    )


@admin.register(Rate)
class RateAdmin(admin.ModelAdmin):
    """What software costs; where there is no row, what its profile says (1)."""

    form = RateForm
    list_display = ("profile", "hours_an_hour")
    ordering = ("profile",)


@admin.register(Licence)
class LicenceAdmin(admin.ModelAdmin):
    form = LicenceForm
    list_display = ("title", "name", "profiles", "seats_in_use", "extra_rate", "allows_own")
    search_fields = ("name", "title")

    @admin.display(description="seats")
    def seats_in_use(self, licence: Licence) -> str:
        return f"{seats.in_use(licence)} of {licence.seats} in use"

    def save_model(self, request: HttpRequest, obj: Licence, form: Any, change: bool) -> None:
        """More seats are taken at once."""
        super().save_model(request, obj, form, change)
        wakes.wake()
