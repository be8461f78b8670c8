"""The check of an add-on's zip: what it is, read in the sandbox without running any of it. Runs in a worker."""

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import F
from django.utils import timezone

from jobs import farms, sandboxed
from jobs.buckets import StoreError
from jobs.domain.paths import plain_text
from jobs.domain.upload_places import bucket_at
from jobs.enums import AddOnState
from jobs.models import AddOn

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
AGAIN_AFTER = timedelta(seconds=10)
MOST_CHECKS = 3
STORE_SILENT_FOR_AT_MOST = timedelta(hours=1)
"""From when the add-on was brought: its zip may be gone for good."""
READING_SECONDS = 60
READING_MEMORY_MB = 512


def check(add_on: AddOn) -> None:
    """Checks one that is due. A second call at the same time does nothing."""
    if not _claim(add_on):
        return
    try:
        sandboxed.demand_safety(add_on.account)
        said = _read(add_on)
    except sandboxed.NoSandbox as unsafe:
        _refuse(add_on, {"id": "no_sandbox", "note": str(unsafe)[:500]})
    except sandboxed.ReaderFailed as failure:
        logger.info("add-on %s can't be read: %s", add_on.pk, failure)
        _refuse(add_on, {"id": "add_on_too_large" if failure.reason in ("slow", "heavy") else "add_on_damaged"})
    except (*StoreError, farms.FarmDown) as failure:
        logger.warning("add-on %s: the store does not answer: %s", add_on.pk, failure)
        _again_later(add_on)
    else:
        _settle(add_on, said)


def _claim(add_on: AddOn) -> bool:
    now = timezone.now()
    due = AddOn.objects.filter(pk=add_on.pk, state=AddOnState.CHECKING, due_at__lte=now)
    won = due.update(due_at=now + LEASE, check_count=F("check_count") + 1)
    if won:
        add_on.refresh_from_db()
    if won and add_on.check_count > MOST_CHECKS:
        _refuse(add_on, {"id": "add_on_check_failed", "reason": "the check never came to its end."})
        return False
    return bool(won)


def _again_later(add_on: AddOn) -> None:
    """The store's silence is not counted against the add-on; after an hour it is given up."""
    now = timezone.now()
    if now - add_on.created_at > STORE_SILENT_FOR_AT_MOST:
        _refuse(add_on, {"id": "add_on_check_failed", "reason": "the storage does not have it, or does not answer."})
        return
    due = AddOn.objects.filter(pk=add_on.pk, state=AddOnState.CHECKING)
    due.update(due_at=now + AGAIN_AFTER, check_count=F("check_count") - 1)


def _read(add_on: AddOn) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="add-on-") as room:
        folder = Path(room)
        bucket_at(add_on).download(add_on.key, folder / "add-on.zip")
        return sandboxed.run(
            "add_on.py",
            [f"{sandboxed.inside(folder)}/add-on.zip"],
            folder=folder,
            seconds=READING_SECONDS,
            memory_mb=READING_MEMORY_MB,
        )


def _settle(add_on: AddOn, said: dict[str, Any]) -> None:
    if "problem" in said:
        _refuse(add_on, {name: _plain(value) for name, value in said["problem"].items()})
        return
    _write(
        add_on,
        state=AddOnState.READY,
        problem=None,
        name=_text(said, "name", 200) or add_on.name,
        version=_text(said, "version", 40),
        module=_text(said, "module", 200),
        least_blender=_text(said, "least_blender", 20),
    )


def _text(said: dict[str, Any], name: str, most: int) -> str:
    """What an add-on says of itself, as a row can hold it and a page show it."""
    return plain_text(str(said.get(name, ""))).strip()[:most]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return plain_text(value) if isinstance(value, str) else value


def _refuse(add_on: AddOn, problem: dict[str, Any]) -> None:
    _write(add_on, state=AddOnState.REFUSED, problem=problem)


def _write(add_on: AddOn, **changes: Any) -> None:
    AddOn.objects.filter(pk=add_on.pk, state=AddOnState.CHECKING).update(due_at=None, **changes)
    add_on.refresh_from_db()
