"""The files a render is made from: which objects of which buckets, and whose storage keeps them."""

from typing import NamedTuple

from jobs import farms
from jobs.domain import add_ons, libraries, scenes
from jobs.enums import Where
from jobs.models import Job


class Needed(NamedTuple):
    resource: farms.Resource
    lies_at: Where


def of(job: Job) -> list[Needed]:
    """The scene's own files come last: they win over a library's. Without a scene, libraries are wanted whole."""
    if job.scene is None:
        return [Needed(farms.Resource(library.bucket), Where.STUDIO) for library in libraries.attached(job)]
    prefix = scenes.key(job.scene, "")
    own = Needed(farms.Resource(scenes.SCENES_BUCKET, prefix, prefix), Where(job.scene.stored_at))
    ours = [*libraries.resources_of(job), *add_ons.resources_of(job)]
    return [*(Needed(resource, Where.STUDIO) for resource in ours), own]


def elsewhere(job: Job) -> list[Needed]:
    """What does not lie where the render's farm reads."""
    return [needed for needed in of(job) if needed.lies_at != job.farm]
