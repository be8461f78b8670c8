"""Icons and the marks of states: a colour, a shape and a word, never colour alone."""

import lucide as lucide_icons
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from jobs.enums import FrameState, JobState, SceneState

register = template.Library()

TONES: dict[str, tuple[str, str]] = {
    # state: (tone of static/css/tokens.css, icon); every tone has a shape of its own
    SceneState.UPLOADING: ("waiting", "circle-dashed"),
    SceneState.CHECKING: ("rendering", "loader-circle"),
    SceneState.READY: ("done", "circle-check"),
    SceneState.REFUSED: ("needs", "diamond"),
    JobState.SUBMITTING: ("waiting", "circle-dashed"),
    JobState.WAITING: ("waiting", "circle-dashed"),
    JobState.RENDERING: ("rendering", "loader-circle"),
    JobState.CANCELLING: ("waiting", "circle-slash"),
    JobState.CANCELLED: ("waiting", "circle-slash"),
    JobState.COMPLETED: ("done", "circle-check"),
    JobState.FAILED: ("failed", "octagon-x"),
    FrameState.DONE: ("done", "circle-check"),
}
"""FrameState's other words are JobState's."""

NEEDS_YOU = ("needs", "diamond")


@register.simple_tag
def icon(name: str, size: int = 20, **attributes: str) -> SafeString:
    """An icon beside words that say the same, so a screen reader passes over it."""
    attributes.setdefault("class", "icon")
    drawn = lucide_icons._render_icon(str(name) + "", size, aria_hidden="true", **attributes)
    return mark_safe(drawn)  # noqa: S308  (drawn from the package's own files)


@register.filter
def tone(state: str) -> str:
    return TONES.get(state, NEEDS_YOU)[0]


@register.simple_tag
def state_mark(state: str, size: int = 18) -> SafeString:
    """The shape of a state; the word stands beside it."""
    name, shape = TONES.get(state, NEEDS_YOU)
    return format_html('<span class="state-mark" data-tone="{}">{}</span>', name, icon(shape, size))


@register.simple_tag
def tone_mark(name: str, size: int = 18) -> SafeString:
    """The shape of a tone, for sentences that are about no single row."""
    shape = {"needs": "diamond", "rendering": "loader-circle", "waiting": "circle-dashed", "done": "circle-check"}
    mark = icon(shape.get(name, "octagon-x"), size)
    return format_html('<span class="state-mark" data-tone="{}">{}</span>', name, mark)
