"""What the farm says of an instance, in an artist's words. Unknown words are shown as they came."""

from django import template

from jobs.enums import Where
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
OTHER_PHASE_WORDS = {
    "download": "fetching its files",
    "execution": "running",
    "upload": "bringing its files back",
}
"""Of tasks without pictures."""
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
def is_over(phase: str) -> bool:
    return phase.lower() in TONES and phase.lower() != "waiting"


@register.filter
def is_placed(instance: FarmInstance, job: Job) -> bool:
    """Qarnot does not name its machines: what runs, or ran, had one all the same."""
    return bool(instance.node) or (job.farm == Where.QARNOT and instance.phase.lower() != "waiting")


@register.filter
def instance_title(instance: FarmInstance, job: Job) -> str:
    """An instance is one frame, one tile of it, what joins the tiles, or a piece of other work."""
    if not job.makes_pictures or not job.frames:
        return f"Instance {instance.instance_id}"
    if instance.joins_tiles:
        return f"Joining frame {instance.frame}"
    if instance.tile_side > 1:
        return f"Tile {instance.part + 1} of {instance.tile_side**2} of frame {instance.frame}"
    return f"Frame {instance.frame}"


@register.filter
def log_owner(instance: FarmInstance, job: Job) -> str:
    """Short enough to stand before each line of the log: `12.3` is the third tile of frame 12."""
    if instance.tile_side > 1 and not instance.joins_tiles:
        return f"{instance.frame}.{instance.part + 1}"
    return str(instance.frame if job.makes_pictures and job.frames else instance.instance_id)


@register.filter
def phase_of(instance: FarmInstance, job: Job) -> str:
    """The phase in words that fit what the instance does."""
    phase = instance.phase.lower()
    if phase == "execution" and instance.joins_tiles:
        return "putting the tiles together"
    if not job.makes_pictures and phase in OTHER_PHASE_WORDS:
        return OTHER_PHASE_WORDS[phase]
    return phase_word(phase)
