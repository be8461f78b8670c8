"""What this machine says of itself: once when it starts, and again at every heartbeat."""

from pathlib import Path
from typing import Any

import psutil
from django.db.models.functions import Now

import sandbox
from farm.engines import profiles
from farm.models import Node, Site
from farm.node import machine

HEARTBEAT_SECONDS = 5.0
FREE_DISK_BYTES = 2 * 1024**3
"""With less room than this on the scratch disk, nothing is claimed."""


def register(name: str, site_name: str, slot_count: int, folder: Path) -> Node:
    """The node's row, made or brought up to date; it renders in `folder`. Takes a second: the sandbox is tried out."""
    site, _ = Site.objects.get_or_create(name=site_name)
    test = sandbox.self_test()
    facts = {
        "site": site,
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
    node, _ = Node.objects.update_or_create(name=name, defaults={**facts, "problem": "", "heartbeat_at": Now()})
    node.refresh_from_db()
    return node


def beat(node: Node, folder: Path, *, has_opengl: bool) -> None:
    """Says that the machine is there, what it can render with, and why it takes nothing, if so."""
    known = _profiles()
    why = _problem(folder, has_profiles=bool(known["profiles"]))
    Node.objects.filter(pk=node.pk).update(heartbeat_at=Now(), has_opengl=has_opengl, problem=why, **known)


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
