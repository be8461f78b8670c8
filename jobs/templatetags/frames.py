"""A picture on a page: its shape, known before it lands so that nothing moves then, and what looks odd in it."""

from dataclasses import dataclass

from django import template

from jobs.domain import picture_size, scenes
from jobs.domain.scene_facts import SceneFacts
from jobs.models import Frame, Job
from jobs.problems import Explained, explain

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


@register.filter
def oddity(frame: Frame) -> Explained:
    """Of a frame that looks black, pink or empty."""
    return explain({"id": f"looks_{frame.looks}"})
