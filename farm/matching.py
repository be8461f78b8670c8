"""Whether a machine fits a task: the rules of `scheduler.claimable`, for machines that are known, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farm import hardware
from farm.models import Node, Task

OPENGL_ENGINES = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH", "BLENDER_RENDER", "BLENDER_GAME")
NO_OPENGL = "NO_OPENGL"
"""The code of a render that ended because its machine has no OpenGL."""
NO_MACHINE = "No machine is awake. It begins when one is; the operator of the farm can switch one on."


@dataclass(frozen=True)
class _Rule:
    """What has to hold, and the sentence for when it holds for none of the machines that are left."""

    holds: Callable[[Node, Task], bool]
    sentence: Callable[[Sequence[Node], Task], str]
    is_hardware: bool = False


_RULES = (
    _Rule(
        lambda node, task: not node.is_draining and node.retired_at is None,
        lambda nodes, task: "The machines finish what they render and take nothing new at the moment.",
    ),
    _Rule(
        lambda node, task: task.profile in node.profiles,
        lambda nodes, task: _without_it(nodes, task.profile),
    ),
    _Rule(
        lambda node, task: node.sandbox_tier != Node.Tier.OPEN or node.owner_id == task.account_id,
        lambda nodes, task: "The machines that are awake take only their owners' scenes.",
    ),
    _Rule(
        lambda node, task: node.sandbox_tier == Node.Tier.ISOLATED or not task.needs_relay,
        lambda nodes, task: (
            "The render asks a licence server, and no machine that is awake can let it reach that"
            " and nothing else (tier A)."
        ),
    ),
    _Rule(
        lambda node, task: node.has_opengl or not needs_opengl(task),
        lambda nodes, task: "The scene needs OpenGL (EEVEE or Workbench), and no machine that is awake has it.",
        is_hardware=True,
    ),
    _Rule(
        lambda node, task: hardware.fits(node, task.hardware_constraints),
        lambda nodes, task: f"No machine that is awake has {hardware.in_words(task.hardware_constraints)}.",
        is_hardware=True,
    ),
    _Rule(
        lambda node, task: not node.problem,
        lambda nodes, task: f"The machine {nodes[0].name} takes nothing: {nodes[0].problem}",
    ),
)


@dataclass(frozen=True)
class Found:
    """The machines that fit; where none does, the sentence that says why."""

    nodes: Sequence[Node]
    obstacle: str = ""
    is_hardware: bool = False


def _without_it(nodes: Sequence[Node], profile: str) -> str:
    """With what the first machine says of it that says anything."""
    reasons = (node.unavailable_profiles.get(profile, "") for node in nodes)
    return f"No machine that is awake has {profile}. {next(filter(None, reasons), '')}".strip()


def needs_opengl(task: Task) -> bool:
    """As far as the order tells: a scene may name such an engine itself."""
    return task.constants.get("BLEND_ENGINE") in OPENGL_ENGINES


def fits(node: Node, task: Task) -> bool:
    return all(rule.holds(node, task) for rule in _RULES)


def fitting(nodes: Sequence[Node], task: Task) -> Found:
    for rule in _RULES:
        left = [node for node in nodes if rule.holds(node, task)]
        if not left:
            return Found([], rule.sentence(nodes, task) if nodes else NO_MACHINE, rule.is_hardware and bool(nodes))
        nodes = left
    return Found(nodes)
