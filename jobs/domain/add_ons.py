"""Blender add-ons: brought, switched on for the account, attached to a render, taken away.

An add-on is a program. Nothing of it runs here; the machines install it inside the sandbox.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs import farms
from jobs.domain import chosen_rows, paths
from jobs.domain.upload_places import ADD_ONS_BUCKET, bucket_at, key_at
from jobs.enums import ENDED, AddOnState, UploadState
from jobs.hurry import hurry
from jobs.models import AddOn, Job, JobAddOn, Scene

if TYPE_CHECKING:
    from accounts.models import Account

MOST_ADD_ONS = 100
"""Of an account: those that its page lists, where one can be deleted."""
MOST_OF_A_RENDER = 30
CONSTANT = "BLEND_ADDONS"
FORGOTTEN_AFTER = timedelta(days=7)


class AddOnRefused(ValueError):
    """Why this can't be done with the add-on, as a sentence for the page."""


@dataclass(frozen=True)
class AddOnOffer:
    add_on: AddOn
    is_chosen: bool


def create(account: "Account", file_name: str, scene: Scene | None = None) -> AddOn:
    """Waits for its zip. With a scene it is that scene's only. Raises AddOnRefused."""
    if not file_name.lower().endswith(".zip"):
        raise AddOnRefused("An add-on is a .zip, the one you would install in Blender.")
    if scene is not None and AddOn.objects.filter(scene=scene).count() >= MOST_OF_A_RENDER:
        raise AddOnRefused(f"A render uses at most {MOST_OF_A_RENDER} add-ons.")
    if scene is None and of_account(account).count() >= MOST_ADD_ONS:
        raise AddOnRefused(f"An account has at most {MOST_ADD_ONS} add-ons. Delete one you don't need.")
    name = paths.plain_text(file_name.replace("\\", "/").rpartition("/")[2])[:-4].strip()[:200] or "add-on"
    return AddOn.objects.create(account=account, name=name, scene=scene)


def upload_path(add_on: AddOn) -> str:
    """A name that is safe in a constant: letters, digits, dots and dashes."""
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", add_on.name).strip("-.")[:80] or "add-on") + ".zip"


def finish_upload(add_on: AddOn) -> None:
    """Its zip is there: the check begins. Twice is once. Raises AddOnRefused while it is on its way."""
    if add_on.state != AddOnState.UPLOADING:
        return
    upload = add_on.uploads.filter(state=UploadState.COMPLETED).first()
    if upload is None:
        raise AddOnRefused("The add-on is still on its way.")
    AddOn.objects.filter(pk=add_on.pk, state=AddOnState.UPLOADING).update(
        state=AddOnState.CHECKING,
        key=key_at(add_on, upload.path),
        size_bytes=upload.size_bytes,
        due_at=timezone.now(),
    )
    add_on.refresh_from_db()
    hurry("check_add_on", add_on.pk)


def of_account(account: "Account") -> QuerySet[AddOn]:
    """Without those brought for one scene."""
    return AddOn.objects.visible_to(account).filter(scene=None)


def set_always_on(add_on: AddOn, is_on: bool) -> None:
    AddOn.objects.filter(pk=add_on.pk, state=AddOnState.READY).update(is_on=is_on)


def delete(add_on: AddOn) -> None:
    """With its zip. Raises AddOnRefused while a render is using it."""
    using = Job.objects.filter(attached_add_ons__add_on=add_on).exclude(state__in=ENDED).first()
    if using is not None:
        raise AddOnRefused(f"“{using.name}” is using it. Wait until that render has ended, or cancel it.")
    bucket = bucket_at(add_on)
    for upload in add_on.uploads.filter(state=UploadState.OPEN):
        bucket.abort_upload(key_at(add_on, upload.path), upload.s3_upload_id)
    for found in bucket.list(key_at(add_on, "")):
        bucket.delete(found.key)
    add_on.delete()


def offered(scene: Scene, ids: Sequence[object] | None = None) -> list[AddOnOffer]:
    """Those of the account and of this scene; chosen are the ones that are always on, the scene's, or `ids`."""
    mine = AddOn.objects.visible_to(scene.account).filter(Q(scene=None, state=AddOnState.READY) | Q(scene=scene))
    picked = None if ids is None else {str(one) for one in ids}
    return [
        AddOnOffer(add_on, add_on.is_on or add_on.scene_id is not None if picked is None else str(add_on.pk) in picked)
        for add_on in mine.order_by("name")
    ]


def chosen(scene: Scene, ids: Sequence[object]) -> list[AddOn]:
    """The add-ons of these ids, in their order. Raises AddOnRefused for one that is not there, or not ready."""
    if len(set(map(str, ids))) > MOST_OF_A_RENDER:
        raise AddOnRefused(f"A render uses at most {MOST_OF_A_RENDER} add-ons.")
    mine = AddOn.objects.visible_to(scene.account).filter(Q(scene=None) | Q(scene=scene), state=AddOnState.READY)
    found = chosen_rows.chosen(mine, ids)
    if found is None:
        raise AddOnRefused("One of the add-ons is gone, or still being checked. Wait a moment, or choose anew.")
    return found


def attach(job: Job, ids: Sequence[object]) -> None:
    """Raises AddOnRefused."""
    assert job.scene is not None
    JobAddOn.objects.bulk_create(JobAddOn(job=job, add_on=add_on) for add_on in chosen(job.scene, ids))


def attached(job: Job) -> list[AddOn]:
    return [row.add_on for row in job.attached_add_ons.select_related("add_on")]


def _keys(job: Job) -> list[str]:
    return [add_on.key for add_on in attached(job)]


def resources_of(job: Job) -> list[farms.Resource]:
    """Each zip lies below /job under its key."""
    return [farms.Resource(ADD_ONS_BUCKET, key) for key in _keys(job)]


def constants_of(job: Job) -> dict[str, str]:
    keys = _keys(job)
    return {CONSTANT: ",".join(keys)} if keys else {}


def forget_unfinished(most: int = 50) -> None:
    """Begun, and left before anybody said that the zip is there."""
    old = timezone.now() - FORGOTTEN_AFTER
    begun = AddOn.objects.filter(state=AddOnState.UPLOADING, created_at__lt=old)
    for add_on in begun.exclude(uploads__state=UploadState.OPEN).select_related("account")[:most]:
        delete(add_on)
