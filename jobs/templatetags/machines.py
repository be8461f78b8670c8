"""What the farm says of an instance, in an artist's words. Unknown words are shown as they came."""

from django import template

from jobs.models import FarmInstance, Job

register = template.Library()

PHASE_WORDS = {
    "waiting": "waiting for a machine",
    "download": "fetching the scene",
    "dispatch": "next on this machine",
    "environment": "getting ready",
    "execution": "rendering",
    "shutdown": "tidying up",
    "upload": "bringing the picture back",
    "success": "done",
    "failure": "failed",
    "cancelled": "cancelled",
}
TONES = {"waiting": "waiting", "cancelled": "waiting", "success": "done", "failure": "failed"}


@register.filter
def phase_word(phase: str) -> str:
    return PHASE_WORDS.get(phase.lower(), phase)


@register.filter
def phase_tone(phase: str) -> str:
    return TONES.get(phase.lower(), "rendering")


@register.filter
def is_busy(phase: str) -> bool:
    return phase.lower() not in TONES


@register.filter
def instance_title(instance: FarmInstance, job: Job) -> str:
    """An instance is one frame when the order named frames; else the farm's own number."""
    return f"Frame {instance.instance_id}" if job.frames else f"Instance {instance.instance_id}"
