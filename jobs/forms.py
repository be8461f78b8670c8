"""The order of a render as a form, filled in from the scene; each field says where its value comes from."""

from typing import Any

from django import forms

from jobs.domain import orders, scenes
from jobs.domain.orders import Order
from jobs.enums import OutputFormat
from jobs.models import Scene

FROM_FILE, DEFAULT, YOURS = "from file", "default", "yours"

FORMAT_NOTES = {
    OutputFormat.PNG: "PNG, ready to look at",
    OutputFormat.EXR: "EXR, for grading",
    OutputFormat.MULTILAYER: "Multilayer EXR, every pass, for compositing",
    OutputFormat.JPEG: "JPEG, small",
}


class OrderForm(forms.Form):
    """The rules of an order are jobs.domain.orders'; this only reads the fields."""

    error_css_class = "has-error"

    frames = forms.CharField(max_length=20_000, help_text="1-10 · 1,5,9 · 20-160x20 takes every twentieth")
    resolution_percent = forms.IntegerField(label="Resolution, percent")
    profile = forms.ChoiceField(label="Blender version")
    camera = forms.ChoiceField(required=False)
    samples = forms.IntegerField(required=False)
    output_format = forms.ChoiceField(label="Pictures as", choices=[(v, FORMAT_NOTES[v]) for v in OutputFormat])
    name = forms.CharField(label="Name of the render", max_length=200)

    def __init__(self, scene: Scene, data: Any = None) -> None:
        proposed = orders.proposed(scene)
        super().__init__(data, initial=vars(proposed), auto_id="order_%s", label_suffix="")
        self.facts = scenes.facts(scene)
        self._offer_versions()
        self._offer_cameras()
        self._say_origins(proposed)
        self._teach_widgets()

    def order(self) -> Order:
        """What was typed, once the form is valid."""
        typed = self.cleaned_data
        return Order(**{name: typed[name] for name in self.fields})

    def refuse(self, refusal: orders.OrderRefused) -> None:
        """Puts each sentence beside its field; the rest above the form."""
        for name, sentence in refusal.errors.items():
            self.add_error(name if name in self.fields else None, sentence)

    def _offer_versions(self) -> None:
        choices = [
            (version.profile, f"Blender {version.version}" + ("" if version.is_installed else " (not installed)"))
            for version in orders.blender_versions()
        ]
        self._choices("profile", choices or [(self.initial["profile"], self.initial["profile"])])

    def _offer_cameras(self) -> None:
        cameras = [(name, name) for name in self.facts.cameras]
        if not self.initial["camera"]:
            cameras.insert(0, ("", "As the scene decides"))
        self._choices("camera", cameras)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _say_origins(self, proposed: Order) -> None:
        facts = self.facts
        told_by_file = {
            "frames": True,
            "resolution_percent": bool(facts.width),
            "camera": bool(facts.camera),
            "samples": facts.samples is not None,
            "profile": proposed.profile.endswith(f"-{facts.blender_line}"),
            "output_format": proposed.output_format == facts.output_format,
        }
        for name, field in self.fields.items():
            origin = FROM_FILE if told_by_file.get(name) else DEFAULT
            if self.is_bound and name in self.changed_data:
                origin = YOURS
            field.origin = origin  # type: ignore[attr-defined]  # read by templates/django/forms/field.html

    def _teach_widgets(self) -> None:
        facts = self.facts
        numbers = {
            "resolution_percent": {
                "min": orders.SMALLEST_PERCENT,
                "max": orders.LARGEST_PERCENT,
                "data-width": facts.width,
                "data-height": facts.height,
            },
            "samples": {"min": 1, "max": orders.MOST_SAMPLES, "placeholder": "as in the scene"},
        }
        for name, attributes in numbers.items():
            self.fields[name].widget.attrs.update(attributes)
        self.fields["frames"].widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})
