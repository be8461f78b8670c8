"""The carbon card of a render's page: its farm tasks' figures summed up, in an artist's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.domain.carbon import Figures
from jobs.models import CarbonFacts, Job
from jobs.problems.words import duration

SECONDS_AN_HOUR = 3600
LEAST_COMPARED_GRAMS = 0.001
"""Below, a comparison would have no figures: less than a milligram against less than a milligram."""


@dataclass(frozen=True)
class Card:
    weight: str
    """Of CO₂ equivalent: `2.1 g`."""
    energy: str
    comparison: str
    """Empty where the farm compares it to nothing."""
    sites: Sequence[str]
    """What it is made of, a line a site; empty where the farm does not say."""
    is_used: bool
    """False: nothing has been rendered yet."""


def card(job: Job) -> Card | None:
    """None where the farm tells no carbon facts."""
    told = [facts for facts in CarbonFacts.objects.filter(job=job).values_list("told", flat=True) if facts]
    if not told:
        return None
    watt_hours = sum(facts["watt_hours"] for facts in told)
    return Card(
        weight=weight(sum(facts["grams"] for facts in told)),
        energy=f"{energy(watt_hours)} of electricity" if watt_hours else "No electricity used yet",
        comparison=_comparison(told) if watt_hours else "",
        sites=[_site_line(*each) for each in _by_site(told)],
        is_used=watt_hours > 0,
    )


def _comparison(told: Sequence[Figures]) -> str:
    """A farm that is the dirtier one says so as well."""
    if any(facts["compared_grams"] is None for facts in told):
        return ""
    there = sum(facts["compared_grams"] for facts in told)
    difference = there - sum(facts["grams"] for facts in told)
    name = f" ({told[-1]['compared_to']})" if told[-1]["compared_to"] else ""
    if weight(abs(difference)) == weight(0):
        return f"As much as in a data centre{name}."
    if abs(difference) < LEAST_COMPARED_GRAMS:
        return ""
    word = "less" if difference > 0 else "more"
    return f"{weight(abs(difference))} {word} than in a data centre{name}, which would have made {weight(there)}."


def _by_site(told: Sequence[Figures]) -> list[tuple[str, float, float, float, bool]]:
    """Name, hours, watt-hours, grid and whether its watts were measured; hours of nothing are left out."""
    sums: dict[tuple[str, float], tuple[float, float, bool]] = {}
    for site in (site for facts in told for site in facts["sites"] if site["hours"]):
        hours, watt_hours, is_measured = sums.get((site["name"], site["grid"]), (0.0, 0.0, True))
        sums[site["name"], site["grid"]] = (
            hours + site["hours"],
            watt_hours + site["hours"] * site["watts"],
            is_measured and site["is_measured"],
        )
    return [(name, hours, used, grid, measured) for (name, grid), (hours, used, measured) in sums.items()]


def _site_line(name: str, hours: float, watt_hours: float, grid: float, is_measured: bool) -> str:
    watts = f"{watt_hours / hours:.0f} W{'' if is_measured else ' (estimated)'}"
    return (
        f"{name or 'Machines that are gone'}: {_time(hours)} × {watts} × {grid:.0f} g a kWh"
        f" = {weight(watt_hours * grid / 1000)}"
    )


def _time(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1.5 else duration(hours * SECONDS_AN_HOUR)


def weight(grams: float) -> str:
    """`1.2 kg`, `12 g`, `2.1 g`, `0.78 g`, `64 mg`"""
    if not grams:
        return "0 g"
    if grams < 0.1:
        return f"{grams * 1000:.0f} mg" if grams >= 0.001 else "under 1 mg"
    if grams < 10:
        return f"{grams:.1f} g" if grams >= 1 else f"{grams:.2f} g"
    return f"{grams:.0f} g" if grams < 1000 else f"{grams / 1000:,.1f} kg"


def energy(watt_hours: float) -> str:
    if watt_hours >= 1000:
        return f"{watt_hours / 1000:,.1f} kWh"
    if watt_hours >= 0.1:
        return f"{watt_hours:.0f} Wh" if watt_hours >= 10 else f"{watt_hours:.1f} Wh"
    return "under 0.1 Wh"
