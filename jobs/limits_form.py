"""What every order may say beside what is rendered: where it stops, and before which others it goes."""

from decimal import Decimal
from typing import Any

from django import forms

from jobs.enums import Priority

SECONDS_AN_HOUR = 3600
MOST_HOURS = 1_000_000


class HoursField(forms.CharField):
    """Hours as typed, cleaned to whole seconds; None where nothing was typed."""

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "decimal", "autocomplete": "off", "placeholder": "no limit"}
        super().__init__(required=False, max_length=20, widget=forms.TextInput(attrs=attributes), **options)

    def clean(self, value: Any) -> int | None:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            hours = Decimal(typed.replace(",", "."))
            seconds = int(hours * SECONDS_AN_HOUR) if 0 < hours <= MOST_HOURS else 0
        except ArithmeticError:  # no number, or one that can't be compared
            seconds = 0
        if not seconds:
            raise forms.ValidationError("Give a number of hours, such as 2 or 0.5, or leave it empty.")
        return seconds


class StopAtForm(forms.Form):
    stop_at = HoursField(
        label="Stop at, render hours",
        help_text="It ends by itself before it uses more. Frames that are done stay yours.",
    )


class LimitsForm(StopAtForm):
    priority = forms.ChoiceField(label="Priority", choices=Priority, initial=Priority.NORMAL, required=False)

    def clean_priority(self) -> str:
        """As usual where nothing is said: a form that was opened before it was asked."""
        return self.cleaned_data["priority"] or Priority.NORMAL
