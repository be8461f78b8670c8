"""The shape a picture will have, known before it lands, so that nothing on the page moves when it does."""

from dataclasses import dataclass

from django import template

from jobs.domain import picture_size, scenes
from jobs.domain.scene_facts import SceneFacts
from jobs.models import Frame, Job

register = template.Library()


@dataclass(frozen=True)
class Shape:
    """Pixels."""

    width: int
    height: int


UNKNOWN = Shape(1920, 1080)


@register.simple_tag
def frame_shape(job: Job, frame: Frame | None = None) -> Shape:
    """The landed picture's own size, else the ordered one, else 16:9."""
    if frame is not None and frame.width and frame.height:
        return Shape(frame.width, frame.height)
    width, height = picture_size.ordered(job.constants, scenes.facts(job.scene) if job.scene else SceneFacts())
    return Shape(width, height) if width and height else UNKNOWN
