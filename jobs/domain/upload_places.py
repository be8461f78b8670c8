"""What files can be uploaded to: where each puts them, and how many and how large they may be."""

from dataclasses import dataclass

from jobs.buckets import AccountBucket, bucket_of
from jobs.domain.scenes import SCENES_BUCKET, key
from jobs.enums import AddOnState, SceneState, Where
from jobs.models import AddOn, Library, Scene

Place = Scene | Library | AddOn

GIGABYTE = 1024**3
ADD_ONS_BUCKET = "add-ons"


@dataclass(frozen=True)
class Rules:
    noun: str
    field: str
    """Of an Upload, which holds the place."""
    bucket: str
    prefix: str
    """Of the keys, before the path."""
    most_files: int
    most_bytes: int
    most_words: str
    """`most_bytes` as a person says it."""
    why_shut: str = ""
    """Why nothing can be added any more, as a sentence; empty: it can."""


def rules_of(place: Place) -> Rules:
    if isinstance(place, Scene):
        is_open = place.state == SceneState.UPLOADING
        shut = "" if is_open else "This scene is complete. Begin a new render to add files."
        return Rules("scene", "scene", SCENES_BUCKET, key(place, ""), 20_000, 200 * GIGABYTE, "200 GB", shut)
    if isinstance(place, Library):
        return Rules("library", "library", place.bucket, "", 20_000, 200 * GIGABYTE, "200 GB")
    is_open = place.state == AddOnState.UPLOADING
    shut = "" if is_open else "This add-on is complete. Bring the other zip as an add-on of its own."
    return Rules("add-on", "add_on", ADD_ONS_BUCKET, f"add-ons/{place.pk}/", 1, GIGABYTE // 4, "250 MB", shut)


def bucket_at(place: Place) -> AccountBucket:
    where = Where(place.stored_at) if isinstance(place, Scene) else Where.STUDIO
    return bucket_of(place.account, rules_of(place).bucket, where)


def key_at(place: Place, path: str) -> str:
    return rules_of(place).prefix + path
