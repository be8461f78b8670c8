"""The shape a picture will have, known before it lands, so that nothing on the page moves when it does."""

from dataclasses import dataclass

from django import template

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
    facts = job.scene.facts if job.scene else {}
    width, height = facts.get("width") or 0, facts.get("height") or 0
    if not width or not height:
        return UNKNOWN
    percent = job.resolution_percent or facts.get("resolution_percent") or 100
    return Shape(max(1, width * percent // 100), max(1, height * percent // 100))
