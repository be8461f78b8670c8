"""The order of a render as a form, made from the software's own constants and filled in from the scene.

Each field says where its value comes from.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from jobs import software
from jobs.domain import licences, orders, picture_size, scenes
from jobs.domain.orders import Order
from jobs.domain.scene_facts import SceneFacts
from jobs.enums import Where
from jobs.licence_field import licence_field
from jobs.limits_form import LimitsForm
from jobs.models import Scene
from jobs.profiles import Constant, Profile

FROM_FILE, DEFAULT, YOURS = "from file", "default", "yours"
AS_IN_SCENE = "As in the scene"


class VersionSelect(forms.Select):
    """A version that no machine has just now is shown, and can't be chosen while another one can."""

    unavailable: frozenset[str] = frozenset()

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        if str(option["value"]) in self.unavailable and not option["selected"]:
            option["attrs"]["disabled"] = True
        return option


class ConstantsForm(LimitsForm):
    """Fields made of a profile's constants, and those of every order. Its rules are jobs.domain.orders'."""

    error_css_class = "has-error"
    asked: Sequence[Constant]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[constant.field_name] for constant in self.asked if constant.is_main]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[constant.field_name] for constant in self.asked if not constant.is_main]

    @property
    def limits(self) -> dict[str, Any]:
        """Of an Order, once the form is valid; none where they aren't asked."""
        asked = {"cap_seconds": "stop_at", "priority": "priority"}
        return {name: self.cleaned_data[field] for name, field in asked.items() if field in self.fields}

    @property
    def constants(self) -> dict[str, str]:
        """As typed, once the form is valid."""
        return {constant.name: str(self.cleaned_data.get(constant.field_name) or "") for constant in self.asked}

    def refuse(self, refusal: orders.OrderRefused) -> None:
        """Puts each sentence beside its field; the rest above the form."""
        for name, sentence in refusal.errors.items():
            self.add_error(name if name in self.fields else None, sentence)


class OrderForm(ConstantsForm):
    def __init__(
        self, scene: Scene, profile: Profile, data: Any = None, typed: Any = None, where: Where = Where.STUDIO
    ) -> None:
        """`data` is ordered; `typed` is only kept, when another version or place was chosen meanwhile."""
        self.scene, self.profile, self.where = scene, profile, where
        self.facts = scenes.facts(scene)
        self.asked = [constant for constant in profile.asked if _is_worth_asking(constant, self.facts)]
        self.proposed = orders.proposed(scene, profile)
        initial = self._proposed_values()
        super().__init__(data, initial=initial | self._kept(typed or {}, initial), auto_id="order_%s", label_suffix="")
        self._add_own_fields()
        for constant in self.asked:
            self.fields[constant.field_name] = field_of(constant, self.facts)
        self.needed_licence = licences.needed(scene.account, profile) if where == Where.STUDIO else None
        if where == Where.QARNOT:  # whose machines know nothing of them
            del self.fields["stop_at"], self.fields["priority"]
        if self.needed_licence:
            self.fields["licence"] = licence_field(self.needed_licence, (typed or {}).get("licence", ""))
        self._say_origins(typed or {})

    @property
    def has_trouble_below(self) -> bool:
        """A sentence stands beside a field that is folded away."""
        folded = [self[name] for name in ("profile", "name", "stop_at", "priority") if name in self.fields]
        return any(field.errors for field in [*self.more_fields, *folded])

    @property
    def version_note(self) -> str:
        return orders.version_note(self.scene, self.profile)

    def order(self) -> Order:
        """What was typed, once the form is valid. `libraries` and `add_ons` are fields of their own parts."""
        typed = self.cleaned_data
        return Order(
            profile=typed["profile"],
            frames=typed["frames"] if self.profile.are_instances_frames else orders.ONE_INSTANCE,
            constants=self.constants,
            name=typed["name"],
            library_ids=tuple(values_in(self.data, "libraries")),
            add_on_ids=tuple(values_in(self.data, "add_ons")) if self.where == Where.STUDIO else (),
            licence=typed.get("licence", ""),
            where=self.where,
            **self.limits,
        )

    def _proposed_values(self) -> dict[str, str]:
        values = {constant.field_name: self.proposed.constants[constant.name] for constant in self.asked}
        own = {"profile": self.profile.name, "frames": self.proposed.frames, "name": self.proposed.name}
        return {**own, "stop_at": "", "priority": str(self.proposed.priority), **values}

    def _kept(self, typed: Mapping[str, str], proposed: Mapping[str, str]) -> dict[str, str]:
        """What was typed and can be ordered of this version too."""
        by_field = {constant.field_name: constant for constant in self.asked}
        kept = {name: str(typed[name]) for name in proposed if name in typed and name != "profile"}
        return {name: value for name, value in kept.items() if _can_hold(by_field.get(name), value, self.facts)}

    def _add_own_fields(self) -> None:
        if self.profile.are_instances_frames:
            self.fields["frames"] = forms.CharField(max_length=20_000)
        versions = software.versions(self.scene.account, self.profile.family, self.where)
        select = VersionSelect()
        select.unavailable = frozenset(version.name for version in versions if not version.is_available)
        choices = [(version.name, _version_words(version)) for version in reversed(versions)]
        self.fields["profile"] = forms.ChoiceField(
            label=f"{self.profile.software} version", choices=choices, widget=select
        )
        self.fields["name"] = forms.CharField(label="Name of the render", max_length=200)

    def _say_origins(self, typed: Mapping[str, str]) -> None:
        own = orders.proposed_profile(self.scene, self.where)
        proposed = self._proposed_values() | {"profile": own.name if own else ""}
        told = {constant.field_name for constant in self.asked if orders.told(constant, self.facts)}
        told |= {"frames"} if self.facts.is_told else set()
        told |= {"profile"} if self.profile.line and self.profile.line == self.facts.software_line else set()
        for name, field in self.fields.items():
            held = self.data.get(name, "") if self.is_bound else self.initial.get(name, "")
            is_theirs = (self.is_bound or name in typed) and str(held) != str(proposed.get(name, ""))
            origin = YOURS if is_theirs else FROM_FILE if name in told else DEFAULT
            field.origin = origin  # type: ignore[attr-defined]  # read by templates/django/forms/field.html


def _is_worth_asking(constant: Constant, facts: SceneFacts) -> bool:
    """A choice among one thing the scene has is none."""
    return constant.is_main or not constant.choices_fact or len(orders.choices_of(constant, facts)) > 1


def _can_hold(constant: Constant | None, value: str, facts: SceneFacts) -> bool:
    offered = orders.choices_of(constant, facts) if constant else ()
    return not offered or not value or value in dict(offered)


def field_of(constant: Constant, facts: SceneFacts) -> forms.Field:
    """Whether a value can be ordered is for jobs.domain.orders to say; choices are refused here already."""
    label = f"{constant.label}, {constant.unit}" if constant.unit else constant.label
    given: dict[str, Any] = {"label": label, "required": False, "help_text": constant.note}
    offered = list(orders.choices_of(constant, facts))
    if offered:
        if constant.choices_fact and not orders.told(constant, facts):
            offered.insert(0, ("", AS_IN_SCENE))
        return forms.ChoiceField(choices=offered, **given)
    if constant.kind == "toggle":
        return forms.ChoiceField(choices=[("", AS_IN_SCENE), ("1", "On"), ("0", "Off")], **given)
    if constant.kind == "number":
        limits = {"min": constant.least, "max": constant.most, "data-sum": picture_size.part_of(constant.name)}
        attributes = {name: value for name, value in limits.items() if value not in (None, "")}
        placeholder = "" if constant.default else AS_IN_SCENE.lower()
        widget = forms.NumberInput(attrs={**attributes, "placeholder": placeholder, "step": 1})
        return forms.CharField(widget=widget, max_length=orders.LONGEST_VALUE, **given)
    if constant.kind == "secret":
        return forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "off"}), strip=False, **given)
    return forms.CharField(max_length=orders.LONGEST_VALUE, **given)


def _version_words(version: Profile) -> str:
    return version.title + ("" if version.is_available else " (on no machine at the moment)")


def values_in(data: Any, name: str) -> list[str]:
    """Every value posted under a name."""
    return list(data.getlist(name)) if hasattr(data, "getlist") else []
