"""The field of an order that asks whose licence is taken; it says what each costs."""

from django import forms

from jobs.domain.licences import Licence


def licence_field(licence: Licence, typed: str = "") -> forms.ChoiceField:
    """Where there is nothing to choose, the order is refused beside it. `typed`: what was chosen before."""
    title = licence.title
    nothing = f"This farm has no {title} licence of its own. Give yours on your account page first."
    return forms.ChoiceField(
        label=f"{title} licence",
        choices=licence.choices,
        initial=typed if typed in dict(licence.choices) else next((value for value, _ in licence.choices), ""),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whose licence is taken." if licence.choices else nothing,
            "invalid_choice": "That licence is not to be had any more. Choose again.",
        },
    )
