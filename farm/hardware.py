"""The machines as an order may choose them: Qarnot's hardware constraints, read, held against a node and put in words.

Cores and memory are those of one instance: a node's, divided among its slots.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account
from farm.models import Node

Constraint = dict[str, Any]
"""{"discriminator": its kind, and the one value that kind has, if any}"""

MOST = 50
"""Constraints of one order."""
_SUFFIX = "HardwareConstraint"
_NO_WORD_OF_A_MODEL = re.compile(r"\((r|tm)\)|@.*|\b(cpu|processor|\d+-core)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Kind:
    """`field` names the value; "" where there is none. `offers` is the value a node has."""

    field: str
    words: str
    holds: Callable[[Node, Any], bool]
    offers: Callable[[Node], Any]
    is_number: bool = True


def memory_mb(node: Node) -> int:
    """What one instance has, mebibytes."""
    return int(node.memory_mb) // max(1, node.slot_count)


def memory_gb_a_core(node: Node) -> float:
    """Two digits, rounded down, so that a node holds what it offers."""
    return math.floor(100 * memory_mb(node) / 1024 / node.cores_a_slot) / 100


def specification_key(node: Node) -> str:
    """`8c-32g-amd-ryzen-7-3700x-ssd`."""
    model, disk = _words_of_model(node.cpu_model), "ssd" if node.has_ssd else ""
    parts = [f"{node.cores_a_slot}c", f"{round(memory_mb(node) / 1024)}g", model, disk]
    return "-".join(part for part in parts if part)


@lru_cache(maxsize=256)
def _words_of_model(cpu_model: str) -> str:
    """Kept, because it is asked for with every frame of a list."""
    return re.sub(r"[^a-z0-9]+", "-", _NO_WORD_OF_A_MODEL.sub(" ", cpu_model).lower()).strip("-")


_KINDS: dict[str, _Kind] = {
    "MinimumCore": _Kind(
        "coreCount", "at least {:,} cores", lambda node, count: node.cores_a_slot >= count, lambda n: n.cores_a_slot
    ),
    "MaximumCore": _Kind(
        "coreCount", "at most {:,} cores", lambda node, count: node.cores_a_slot <= count, lambda n: n.cores_a_slot
    ),
    "MinimumRamCoreRatio": _Kind(
        "minimumMemoryGBCoreRatio",
        "at least {:,} GB of memory a core",
        lambda node, ratio: memory_gb_a_core(node) >= ratio,
        memory_gb_a_core,
    ),
    "MaximumRamCoreRatio": _Kind(
        "maximumMemoryGBCoreRatio",
        "at most {:,} GB of memory a core",
        lambda node, ratio: memory_gb_a_core(node) <= ratio,
        memory_gb_a_core,
    ),
    "MinimumRam": _Kind(
        "minimumMemoryMB", "at least {:,} MB of memory", lambda node, size: memory_mb(node) >= size, memory_mb
    ),
    "MaximumRam": _Kind(
        "maximumMemoryMB", "at most {:,} MB of memory", lambda node, size: memory_mb(node) <= size, memory_mb
    ),
    "Specific": _Kind(
        "specificationKey",
        "a machine of the kind {}",
        lambda node, key: specification_key(node) == key.lower(),
        specification_key,
        is_number=False,
    ),
    "CpuModel": _Kind(
        "cpuModel",
        "a processor {}",
        lambda node, model: node.cpu_model.lower() == model.lower(),
        lambda node: node.cpu_model,
        is_number=False,
    ),
    "Gpu": _Kind("", "a graphics card", lambda node, _: bool(node.gpu_model), lambda node: bool(node.gpu_model)),
    "NoGpu": _Kind("", "no graphics card", lambda node, _: not node.gpu_model, lambda node: not node.gpu_model),
    "SSD": _Kind("", "an SSD", lambda node, _: node.has_ssd, lambda node: node.has_ssd),
    "NoSSD": _Kind("", "no SSD", lambda node, _: not node.has_ssd, lambda node: not node.has_ssd),
}
_BY_NAME = {f"{name}{_SUFFIX}".lower(): kind for name, kind in _KINDS.items()}


def check(constraints: Any) -> str | None:
    """What is wrong with the constraints of an order, in a sentence; None when they can be held against a node."""
    if not isinstance(constraints, list) or len(constraints) > MOST:
        return f"The hardware constraints are a list of at most {MOST}."
    for constraint in constraints:
        kind = _kind_of(constraint)
        if kind is None:
            return f"A hardware constraint has a discriminator: {', '.join(name + _SUFFIX for name in _KINDS)}."
        if kind.field and not _is_value(constraint.get(kind.field), kind):
            return f"A {constraint['discriminator']} has a {kind.field}: a {'number' if kind.is_number else 'text'}."
    return None


def fits(node: Node, constraints: Sequence[Constraint]) -> bool:
    """Whether the node is all that is asked for; `constraints` passed `check`."""
    pairs = ((_kind_of(constraint), constraint) for constraint in constraints)
    return all(kind is not None and kind.holds(node, constraint.get(kind.field)) for kind, constraint in pairs)


def in_words(constraints: Sequence[Constraint]) -> str:
    """`at least 64 cores and an SSD`."""
    pairs = ((_kind_of(constraint), constraint) for constraint in constraints)
    return " and ".join(kind.words.format(constraint.get(kind.field)) for kind, constraint in pairs if kind)


def nodes_for(account: Account) -> QuerySet[Node]:
    """Every registered machine that takes the account's scenes, awake or not."""
    return Node.objects.filter(~Q(sandbox_tier=Node.Tier.OPEN) | Q(owner=account)).order_by("name")


def unmet(account: Account, constraints: Sequence[Constraint]) -> str | None:
    """Why the order would wait for ever; None where a registered machine fits, or none was ever registered."""
    nodes = nodes_for(account) if constraints else []
    if not nodes or any(fits(node, constraints) for node in nodes):
        return None
    return f"No machine of this farm meets the hardware constraint: {in_words(constraints)}. Ask for less."


def offered(account: Account) -> list[Constraint]:
    """The constraints that at least one of the account's machines meets, kind by kind, each value once."""
    return list(_offered(nodes_for(account)))


def offered_cpu_models(account: Account, part: str) -> list[Constraint]:
    """Those of them that name a processor with `part` in its name, in any case."""
    return [
        constraint
        for constraint in offered(account)
        if "cpuModel" in constraint and part.lower() in constraint["cpuModel"].lower()
    ]


def _offered(nodes: QuerySet[Node]) -> Iterator[Constraint]:
    for name, kind in _KINDS.items():
        for value in sorted({kind.offers(node) for node in nodes}):
            if value:
                yield {"discriminator": name + _SUFFIX, **({kind.field: value} if kind.field else {})}


def _is_value(value: Any, kind: _Kind) -> bool:
    if kind.is_number:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and bool(value)


def _kind_of(constraint: Any) -> _Kind | None:
    name = constraint.get("discriminator") if isinstance(constraint, dict) else None
    return _BY_NAME.get(name.lower()) if isinstance(name, str) else None
