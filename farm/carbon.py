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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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
class SiteFacts:
    """What the machines of one site took of it."""

    name: str
    """Of the site; empty for machines that are no longer known."""
    place: str
    grid_intensity: float
    """g CO₂ equivalent a kWh."""
    hours: float = 0.0
    """Of execution, summed up over the machines."""
    watt_hours: float = 0.0
    is_measured: bool = True
    """False: the watts of one of its machines at least are estimated."""

    @property
    def footprint(self) -> float:
        """g CO₂ equivalent"""
        return self.watt_hours * PUE * self.grid_intensity / 1000


@dataclass(frozen=True)
class CarbonFacts:
    """Energies in Wh, weights in g CO₂ equivalent."""

    sites: Sequence[SiteFacts]
    datacenter: Datacenter

    @property
    def energy_it(self) -> float:
        return sum(site.watt_hours for site in self.sites)

    @property
    def footprint(self) -> float:
        return sum(site.footprint for site in self.sites)

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
    seconds = dict(_seconds_by_node(task))
    nodes = Node.objects.select_related("site").in_bulk([pk for pk in seconds if pk is not None])
    sites: dict[str, SiteFacts] = {}
    for pk, spent in seconds.items():
        node = nodes.get(pk) if pk is not None else None
        site = sites.get(node.site.name if node else "") or _nothing_yet(node)
        sites[site.name] = _with(site, node, spent / SECONDS_AN_HOUR)
    return CarbonFacts([sites[name] for name in sorted(sites)], datacenter)


def _nothing_yet(node: Node | None) -> SiteFacts:
    if node is None:
        return SiteFacts("", "", UNKNOWN_GRID)
    return SiteFacts(node.site.name, node.site.place, node.site.grid_intensity)


def _with(site: SiteFacts, node: Node | None, hours: float) -> SiteFacts:
    return replace(
        site,
        hours=site.hours + hours,
        watt_hours=site.watt_hours + hours * watts_a_slot(node),
        is_measured=site.is_measured and node is not None and node.watts > 0,
    )


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
