"""A licence as its operator enters it."""

from typing import Any

from django import forms

from farm import licence_servers, licences
from farm.engines import profiles
from farm.models import Licence


def _software() -> list[tuple[str, str]]:
    """What may need a licence: a family stands for every version of it, also those to come."""
    families = set(profiles.families())
    return [(name, f"{name}, every version") for name in sorted(families)] + [
        (name, name) for name in sorted({*profiles.all_profiles()} - families)
    ]


class LicenceForm(forms.ModelForm):
    """The farm's own key is never shown again."""

    profiles = forms.MultipleChoiceField(
        label="Software that needs it", choices=_software, widget=forms.CheckboxSelectMultiple
    )
    new_key = forms.CharField(
        label="The farm's own key",
        required=False,
        strip=True,
        max_length=10_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted. Empty: as it is.",
    )
    forgets_key = forms.BooleanField(label="Forget the farm's own key", required=False)

    class Meta:
        model = Licence
        fields = (
            *("name", "title", "profiles", "seats", "extra_rate", "allows_own"),
            *("host_constant", "port_constant", "key_constant", "server"),
        )

    def clean_server(self) -> str:
        text = str(self.cleaned_data["server"]).strip()
        if text:
            try:
                licence_servers.parse(text)
            except licence_servers.Malformed as fault:
                raise forms.ValidationError(str(fault)) from fault
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("server") and not cleaned.get("host_constant"):
            self.add_error("host_constant", "The software has to learn where the server is: name the constant.")
        if bool(cleaned.get("host_constant")) != bool(cleaned.get("port_constant")):
            self.add_error("port_constant", "Host and port go together: name both constants or none.")
        return cleaned

    def save(self, commit: bool = True) -> Licence:
        if self.cleaned_data["new_key"] or self.cleaned_data["forgets_key"]:
            licences.keep_key(self.instance, self.cleaned_data["new_key"])
        return super().save(commit)
