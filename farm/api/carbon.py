"""Carbon facts over the API. Every figure has two names: the SDKs read the one, the API's own description the other.

`sites` is ours: what the figures are made of.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import carbon
from farm.api.tasks import find
from farm.carbon import CarbonFacts, Datacenter, SiteFacts
from farm.submission import Refused


def facts(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    """`?comparisonDatacenter=` names one of farm.carbon.DATACENTERS."""
    found = find(token, task)
    facts = carbon.facts_of(found, _datacenter(request.GET.get("comparisonDatacenter")))
    told: dict[str, Any] = {name: value for names, value in _told(facts) for name in names}
    return JsonResponse(told | {"sites": [_of_site(site) for site in facts.sites]})


def _datacenter(name: str | None) -> Datacenter:
    """The SDK puts the name into the address as it is: a space, a `+` and any case mean the same."""
    asked = (name or carbon.DEFAULT_DATACENTER).strip().lower()
    for known, datacenter in carbon.DATACENTERS.items():
        if known.lower() == asked:
            return datacenter
    raise Refused(400, f"No data centre “{name}” to compare with. There is: {', '.join(carbon.DATACENTERS)}.")


def _told(facts: CarbonFacts) -> list[tuple[tuple[str, str], float | str]]:
    """((as the SDKs read it, as the API describes it), value)"""
    return [
        (("total_consumed_energy_Wh", "totalConsumedEnergyWh"), facts.energy),
        (("total_energy_it_Wh", "totalEnergyITWh"), facts.energy_it),
        (("total_reused_energy_Wh", "totalReusedEnergyWh"), facts.energy * carbon.ERF),
        (("qarnot_carbon_footprint", "qarnotCarbonFootprint"), facts.footprint),
        (("equivalent_datacenter_name", "equivalentDatacenterName"), facts.datacenter.name),
        (("equivalent_DC_carbon_footprint", "equivalentDCCarbonFootprint"), facts.equivalent_footprint),
        (("saved_carbon_footprint_compute", "savedCarbonFootprintCompute"), facts.saved),
        (("saved_carbon_footprint_heat", "savedCarbonFootprintHeat"), 0.0),
        (("saved_carbon_footprint_compute_heat", "savedCarbonFootprintComputeHeat"), facts.saved),
        (("saved_carbon_footprint_percent", "savedCarbonFootprintPercent"), facts.saved_percent),
        (("PUE", "pue"), carbon.PUE),
        (("ERE", "ere"), carbon.PUE - carbon.ERF),
        (("ERF", "erf"), carbon.ERF),
        (("WUE", "wue"), carbon.WUE),
    ]


def _of_site(site: SiteFacts) -> dict[str, Any]:
    """Its footprint is hours × watts × grid intensity / 1000, in g; `watts` is the mean over those hours."""
    return {
        "name": site.name,
        "place": site.place,
        "hours": site.hours,
        "watts": site.watt_hours / site.hours if site.hours else 0.0,
        "isMeasured": site.is_measured,
        "gridIntensity": site.grid_intensity,
    }
