"""What an artist orders, what is proposed to them, and what is refused beside its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs import qarnot_access, software
from jobs.domain import frame_list, picture_size, scenes
from jobs.domain.scene_facts import SceneFacts
from jobs.enums import Priority, SceneState, Where
from jobs.models import Scene
from jobs.profiles import Constant, Profile, line_number

MOST_PIXELS = 16_384 * 16_384
LONGEST_VALUE = 2000
ONE_INSTANCE = "0"
"""The frame list of software whose instances are no frames."""


@dataclass(frozen=True)
class Order:
    profile: str
    frames: str = ONE_INSTANCE
    """As typed (jobs.domain.frame_list)."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """The profile's constants by name; one that is missing or empty is the scene's own."""
    name: str = ""
    library_ids: tuple[str, ...] = ()
    add_on_ids: tuple[str, ...] = ()
    cap_seconds: int | None = None
    """Render time at which it stops; None: where the account's hours end."""
    priority: str = Priority.NORMAL
    licence: str = ""
    """Whose is taken (jobs.domain.licences); empty where none is needed."""
    where: Where = Where.STUDIO


class OrderRefused(ValueError):
    """`errors`: the sentence for each field that can't be ordered so; "" for the order as a whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def proposed_profile(scene: Scene, where: Where = Where.STUDIO) -> Profile | None:
    """None where the farm does not say what it offers, or has nothing for this scene."""
    return software.proposed(scene.account, scene.software, scenes.facts(scene).software_line, where)


def proposed(scene: Scene, profile: Profile) -> Order:
    """The order as the scene itself would have it: what the form is filled in with."""
    facts = scenes.facts(scene)
    values = {constant.name: told(constant, facts) or constant.default for constant in profile.asked}
    frames = facts.frames_text if profile.are_instances_frames else ONE_INSTANCE
    return Order(profile.name, frames, values, name=scene.name)


def told(constant: Constant, facts: SceneFacts) -> str:
    """The scene's own value of a constant; empty where it has none, or one that can't be ordered."""
    value: Any = getattr(facts, constant.fact, None) if constant.fact else None
    if value is None or isinstance(value, list | dict):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    offered = choices_of(constant, facts)
    return text if not offered or text in dict(offered) else ""


def choices_of(constant: Constant, facts: SceneFacts) -> tuple[tuple[str, str], ...]:
    """(value, label) of what may be chosen: the profile's own, or the scene's; none where it is typed."""
    if constant.choices_fact:
        named = getattr(facts, constant.choices_fact, None) or []
        return tuple((str(name), str(name)) for name in named) if isinstance(named, list) else ()
    return constant.choices


def version_note(scene: Scene, profile: Profile) -> str:
    """What may happen when a release other than the file's own renders it; empty for its own."""
    facts = scenes.facts(scene)
    own, chosen = line_number(facts.software_line), profile.number
    if not facts.software_line or not profile.line or own == chosen or own == (0,):
        return ""
    made_by = f"The file was saved by {profile.software} {facts.software_line}."
    if chosen < own:
        return f"{made_by} An older one loses what it does not know yet: render one frame first and compare."
    return f"{made_by} A newer one opens it, but light and materials may look different: render one frame first."


def checked(scene: Scene, order: Order) -> tuple[Profile, list[int]]:
    """The profile and the frames ordered. Raises OrderRefused with every field that is wrong at once."""
    errors: dict[str, str] = {}
    frames: list[int] = []
    if scene.state != SceneState.READY:
        errors[""] = "This scene can't be rendered yet. Its card says why."
    try:
        frames = frame_list.parse(order.frames)
    except frame_list.FrameListError as refusal:
        errors["frames"] = str(refusal)
    if scene.stored_at == Where.QARNOT and not qarnot_access.is_given(scene.account):
        errors[""] = (
            "The files of this scene lie at Qarnot, and there is no Qarnot token on your account any more. "
            "Give it again on the Account page, or drop the scene again."
        )
    if order.where == Where.QARNOT and order.add_on_ids:
        errors[""] = "Qarnot's Blender takes no add-ons. Leave them out, or choose this studio's machines."
    profile = software.find(scene.account, order.profile, order.where)
    if profile is None:
        errors["profile"] = "The farm does not offer this version. Choose another one."
    else:
        errors.update(wrong_values(profile, order, scenes.facts(scene)))
    if errors or profile is None:
        raise OrderRefused(errors)
    return profile, frames


def wrong_values(profile: Profile, order: Order, facts: SceneFacts) -> dict[str, str]:
    """Field name → why its value can't be ordered."""
    found = {}
    for constant in profile.constants:
        value = order.constants.get(constant.name, "")
        wrong = _wrong(constant, value, facts) if value else ""
        if wrong:
            found[constant.field_name] = wrong
    width, height = picture_size.ordered(order.constants, facts)
    if not found and width * height > MOST_PIXELS:
        sizes = ("percent", "width")
        resized = next((c for c in profile.constants if picture_size.part_of(c.name) in sizes), None)
        found[resized.field_name if resized else ""] = "These pictures would be too large to render. Make them smaller."
    return found


def _wrong(constant: Constant, value: str, facts: SceneFacts) -> str:
    """Why this value can't be ordered, as a sentence; empty when it can."""
    offered = choices_of(constant, facts)
    if len(value) > LONGEST_VALUE:
        return f"This is longer than {LONGEST_VALUE:,} characters."
    if offered and value not in dict(offered):
        if constant.choices_fact:
            return f"The scene has nothing named “{value[:60]}” to choose here."
        return f"Choose one of {', '.join(label for _, label in offered)}."
    if constant.kind == "number":
        return _wrong_number(constant, value)
    return ""


def _wrong_number(constant: Constant, value: str) -> str:
    if not value.isascii() or not value.removeprefix("-").isdecimal() or len(value) > 12:
        return "This is a whole number."
    least, most = constant.least, constant.most
    if (least is not None and int(value) < least) or (most is not None and int(value) > most):
        unit = f" {constant.unit}" if constant.unit else ""
        if least is None or most is None:
            return f"At least {least:,}{unit}." if least is not None else f"At most {most:,}{unit}."
        return f"Between {least:,} and {most:,}{unit}."
    return ""
