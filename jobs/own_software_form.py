"""Ordering software that opens no scene: the profile's constants, how many instances, what they work on."""

from typing import Any

from django import forms

from jobs.domain import own_software
from jobs.domain.licences import Licence
from jobs.domain.orders import Order
from jobs.forms import ConstantsForm, field_of
from jobs.licence_field import licence_field
from jobs.models import Library
from jobs.profiles import Constant, Profile


class OwnSoftwareForm(ConstantsForm):
    """A secret is not asked: the order is kept here, and only a script hands one over without its being kept."""

    name = forms.CharField(label="Name of the task", max_length=200)
    instances = forms.IntegerField(
        label="Instances",
        min_value=1,
        max_value=own_software.MOST_INSTANCES,
        initial=1,
        help_text="Each runs the command once, and finds its own number in INSTANCE_ID.",
    )
    libraries = forms.ModelMultipleChoiceField(
        Library.objects.none(),
        label="Works on",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Their files lie in /job when the command starts.",
    )

    def __init__(self, profile: Profile, libraries: Any, needed_licence: Licence | None, data: Any = None) -> None:
        super().__init__(data, auto_id="own_%s", label_suffix="")
        self.profile = profile
        self.needed_licence = needed_licence
        if needed_licence:
            self.fields["licence"] = licence_field(needed_licence)
        self.asked = [constant for constant in profile.asked if not _belongs_to_secrets(constant)]
        chosen = self.fields["libraries"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = libraries
        for constant in self.asked:
            field = self.fields[constant.field_name] = field_of(constant, own_software.NOTHING_KNOWN)
            field.initial, field.help_text = constant.default, constant.note or constant.description

    def order(self) -> Order:
        """What was typed, once the form is valid."""
        typed = self.cleaned_data
        return Order(
            profile=self.profile.name,
            frames=own_software.frames_of(typed["instances"]),
            constants=self.constants,
            name=typed["name"],
            library_ids=tuple(str(library.pk) for library in typed["libraries"]),
            licence=typed.get("licence", ""),
            **self.limits,
        )


def _belongs_to_secrets(constant: Constant) -> bool:
    """A login without its password is of no use either."""
    return constant.kind == "secret" or constant.name.endswith("_LOGIN")
