"""What this machine says of itself: once when it starts, and again at every heartbeat."""

import contextlib
import secrets
from pathlib import Path
from typing import Any

import psutil
from django.db import transaction
from django.db.models.functions import Now

import sandbox
from farm import wakes
from farm.engines import profiles
from farm.models import Node, Site
from farm.node import machine

HEARTBEAT_SECONDS = 5.0
FREE_DISK_BYTES = 2 * 1024**3
"""With less room than this on the scratch disk, nothing is claimed."""


_MARK = "mark"


class NameTaken(Exception):
    """Another machine is the node of that name; the sentence says what to do."""


def register(name: str, site_name: str, slot_count: int, folder: Path) -> Node:
    """The node's row, made or brought up to date; it renders in `folder`. One that was retired is a node again.

    Takes a second: the sandbox is tried out. Raises NameTaken.
    """
    site, _ = Site.objects.get_or_create(name=site_name)
    test = sandbox.self_test()
    facts = {
        "site": site,
        "mark": _kept_mark(folder),
        "cpu_model": machine.cpu_model(),
        "core_count": machine.core_count(),
        "memory_mb": machine.memory_mb(),
        "gpu_model": machine.gpu_model(),
        "has_ssd": machine.has_ssd(folder),
        "slot_count": slot_count,
        "sandbox_tier": str(test.tier),
        "sandbox_note": test.note,
        **_profiles(),
    }
    node = _registered(name, {**facts, "problem": "", "retired_at": None, "heartbeat_at": Now()})
    node.refresh_from_db()
    return node


@transaction.atomic
def _registered(name: str, facts: dict[str, Any]) -> Node:
    known = Node.objects.select_for_update().filter(name=name).first()
    if known is not None and is_anothers(known, facts["mark"]):
        raise NameTaken(
            f"The node “{name}” works on another machine at this moment. Give this one a --name of its own; "
            "or, if that was this machine until just now, start it again in a minute."
        )
    node, _ = Node.objects.update_or_create(name=name, defaults=facts)
    return node


def is_anothers(row: Node, mark: str) -> bool:
    """Whether a machine whose folder has another mark is the node, and was heard of lately."""
    return row.mark not in ("", mark) and wakes.awake_nodes().filter(pk=row.pk).exists()


def mark_in(folder: Path) -> str:
    """The folder's mark; empty where no node has worked yet."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / _MARK).read_text()
    return ""


def _kept_mark(folder: Path) -> str:
    """Made at a node's first start in its folder."""
    if not mark_in(folder):
        (folder / _MARK).write_text(secrets.token_hex(16))
    return mark_in(folder)


def beat(node: Node, folder: Path, *, has_opengl: bool) -> None:
    """Says that the machine is there, what it can render with, and why it takes nothing, if so."""
    known = _profiles()
    why = _problem(folder, has_profiles=bool(known["profiles"]))
    load = psutil.cpu_percent()  # since the last beat
    told = {"heartbeat_at": Now(), "load_percent": load, "has_opengl": has_opengl, "problem": why, **known}
    Node.objects.filter(pk=node.pk).update(**told)


def _problem(folder: Path, *, has_profiles: bool) -> str:
    """Why this machine takes nothing, and what to do; empty when it does."""
    if not has_profiles:
        return "No renderer is installed here. Install one with: manage.py engine install blender-4.5"
    free = free_bytes(folder)
    if free < FREE_DISK_BYTES:
        return (
            f"Only {free / 2**30:.1f} GB are free on the disk of {folder}, "
            f"{FREE_DISK_BYTES // 2**30} are needed. Make room, or set NODE_SCRATCH to another disk."
        )
    return ""


def free_bytes(folder: Path) -> int:
    return psutil.disk_usage(str(folder)).free


def _profiles() -> dict[str, Any]:
    """Which profiles can be used here, and why the others can't."""
    reasons = {name: profile.installation.why_missing(profile) for name, profile in profiles.all_profiles().items()}
    return {
        "profiles": [name for name, reason in reasons.items() if not reason],
        "unavailable_profiles": {name: reason for name, reason in reasons.items() if reason},
    }
