"""What a render took in energy and carbon, as its farm reckons it: asked for, kept, and summed up for its page."""

import logging
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from jobs import farms
from jobs.domain.log_cleaning import clean
from jobs.domain.revisions import change
from jobs.models import CarbonFacts, Job

logger = logging.getLogger(__name__)

ASKED_EVERY = timedelta(seconds=15)
MOST_SITES = 50

Figures = dict[str, Any]
"""grams (CO₂ equivalent), watt_hours, compared_to, compared_grams or None, and sites:
[{name, hours, watts, grid (g a kWh), is_measured}]."""


def ask(job: Job, farm: farms.Farm, *, is_watched: bool, has_ended: bool) -> None:
    """Now and then while someone looks, and once at the end. A farm that can't tell holds nothing up."""
    kept = CarbonFacts.objects.filter(job_id=job.pk, farm_task_uuid=job.farm_task_uuid).first()
    if not _is_due(kept, is_watched=is_watched, has_ended=has_ended):
        return
    figures = kept.told if kept else None
    try:
        figures = read(farm.carbon_facts(job.farm_task_uuid))
    except (farms.FarmDown, farms.FarmRefused, farms.TaskGone) as silent:
        logger.info("job %s: the farm tells no carbon facts: %s", job.pk, silent)
    _keep(job, kept, figures, has_ended=has_ended)


def _is_due(kept: CarbonFacts | None, *, is_watched: bool, has_ended: bool) -> bool:
    if has_ended:
        return kept is None or not kept.is_final
    return is_watched and (kept is None or timezone.now() - kept.asked_at >= ASKED_EVERY)


def _keep(job: Job, kept: CarbonFacts | None, figures: Figures | None, *, has_ended: bool) -> None:
    facts = {"told": figures, "is_final": has_ended, "asked_at": timezone.now()}
    open_ones = CarbonFacts.objects.filter(job_id=job.pk, farm_task_uuid=job.farm_task_uuid, is_final=False)
    if kept is not None and kept.told == figures:
        open_ones.update(**facts)
        return
    with change(job.pk) as revision:
        CarbonFacts.objects.get_or_create(job=job, farm_task_uuid=job.farm_task_uuid)
        open_ones.update(**facts, revision=revision)


def read(said: Mapping[str, Any]) -> Figures | None:
    """By the names the SDK knows or those of Qarnot's description; None where the weight is not told."""
    grams = _figure(said, "qarnot_carbon_footprint", "qarnotCarbonFootprint")
    if grams is None:
        return None
    sites = said.get("sites")
    return {
        "grams": grams,
        "watt_hours": _figure(said, "total_consumed_energy_Wh", "totalConsumedEnergyWh") or 0.0,
        "compared_to": _text(said.get("equivalent_datacenter_name") or said.get("equivalentDatacenterName")),
        "compared_grams": _figure(said, "equivalent_DC_carbon_footprint", "equivalentDCCarbonFootprint"),
        "sites": [
            _site(one) for one in (sites if isinstance(sites, list) else [])[:MOST_SITES] if isinstance(one, dict)
        ],
    }


def _site(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": _text(said.get("place") or said.get("name")),
        "hours": _figure(said, "hours") or 0.0,
        "watts": _figure(said, "watts") or 0.0,
        "grid": _figure(said, "gridIntensity") or 0.0,
        "is_measured": said.get("isMeasured") is True,
    }


def _figure(said: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = said.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
            return float(value)
    return None


def _text(value: Any) -> str:
    return clean(value.replace("\n", " "))[:100] if isinstance(value, str) else ""
