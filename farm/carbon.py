"""What a task's rendering took in energy, and what that weighs in carbon.

**Method.** Every attempt is counted, the failed and the running ones too, because all of them used energy:

- energy (Wh) = hours of execution × watts of the slot. The watts are the node's under full load, measured with a
  meter and written at the node by its operator (Node.watts), divided among its slots. Where nobody measured, they are
  estimated at WATTS_A_CORE for each of the slot's cores; a machine that is no longer known counts as UNKNOWN_CORES.
- carbon (g CO₂ equivalent) = energy × the grid of the node's site (Site.grid_intensity, g/kWh).
- The machines stand in rooms, not in halls that are cooled: PUE is 1. Their heat isn't metered, so none is counted as
  reused (ERF 0, ERE 1), nor any water.
- The comparison is the same energy in an average data centre with the grid of that place, and what is saved is the
  difference. It can be negative, where the farm's own grid is the dirtier one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from farm.models import Attempt, Instance, InstanceState, Node, Task

WATTS_A_CORE = 8.0
"""A desktop under full load takes 100 to 150 W at the socket for its 16 threads."""
UNKNOWN_CORES = 4
UNKNOWN_GRID = 56.0
"""g/kWh, of a machine that is no longer known: as a new Site has it."""
PUE = 1.0
ERF = 0.0
WUE = 0.0

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Datacenter:
    """Means of 2023. `pue`: the industry's (Uptime Institute). `grid`: g CO₂ equivalent a kWh: France, Germany and the
    world by Ember, the United States by the EIA (0.81 pounds), the Union by the EEA (58 % below the 510 of 1990)."""

    name: str
    grid: float
    pue: float = 1.58


DATACENTERS = {
    datacenter.name: datacenter
    for datacenter in (
        Datacenter("average of the European Union", 214.0),
        Datacenter("average of the world", 481.0),
        Datacenter("average of the United States", 367.0),
        Datacenter("average of Germany", 381.0),
        Datacenter("average of France", UNKNOWN_GRID),
    )
}
DEFAULT_DATACENTER = "average of the European Union"


@dataclass(frozen=True)
class CarbonFacts:
    """Energies in Wh, weights in g CO₂ equivalent."""

    energy_it: float
    footprint: float
    datacenter: Datacenter

    @property
    def energy(self) -> float:
        return self.energy_it * PUE

    @property
    def equivalent_footprint(self) -> float:
        return self.energy_it * self.datacenter.pue * self.datacenter.grid / 1000

    @property
    def saved(self) -> float:
        return self.equivalent_footprint - self.footprint

    @property
    def saved_percent(self) -> float:
        return 100 * self.saved / self.equivalent_footprint if self.equivalent_footprint else 0.0


def facts_of(task: Task, datacenter: Datacenter) -> CarbonFacts:
    energy_it = footprint = 0.0
    seconds = dict(_seconds_by_node(task))
    nodes = Node.objects.select_related("site").in_bulk([pk for pk in seconds if pk is not None])
    for pk, spent in seconds.items():
        node = nodes.get(pk) if pk is not None else None
        watt_hours = spent / SECONDS_AN_HOUR * watts_a_slot(node)
        energy_it += watt_hours
        footprint += watt_hours * PUE * (node.site.grid_intensity if node else UNKNOWN_GRID) / 1000
    return CarbonFacts(energy_it, footprint, datacenter)


def watts_a_slot(node: Node | None) -> float:
    if node is None:
        return WATTS_A_CORE * UNKNOWN_CORES
    return node.watts / max(1, node.slot_count) if node.watts else WATTS_A_CORE * node.cores_a_slot


def _seconds_by_node(task: Task) -> Iterable[tuple[int | None, float]]:
    """Of execution. What runs has told its seconds at its instance so far, what has ended at its attempt."""
    ended = Attempt.objects.filter(instance__task=task).values_list("node").annotate(sum=Sum("execution_seconds"))
    running = (
        Instance.objects.filter(task=task, state=InstanceState.RUNNING)
        .values_list("node")
        .annotate(sum=Sum("execution_seconds"))
    )
    seconds: dict[int | None, float] = {}
    for node, spent in [*ended.order_by(), *running.order_by()]:
        seconds[node] = seconds.get(node, 0.0) + spent
    return seconds.items()
