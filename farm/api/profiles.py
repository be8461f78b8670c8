"""The software on offer, over the API. What Qarnot's cloud does not tell of a profile is ours: forms are made of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm import availability, prices
from farm.api import licences
from farm.engines import profiles
from farm.engines.profile import Constant, Profile
from farm.submission import Refused


def names(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse(list(profiles.all_profiles()), safe=False)


def details(request: HttpRequest, token: ApiToken, name: str) -> HttpResponse:
    profile = availability.find(name)
    if profile is None:
        raise Refused(404, f"No such profile: {name}. There is {', '.join(profiles.all_profiles())}.")
    ours = {
        "rate": prices.rate_of(profile.name),
        "licenses": licences.of_profile(profile.name, token.account),
    }
    return JsonResponse(profile_json(profile) | ours)


def profile_json(profile: Profile) -> dict[str, Any]:
    reason = availability.why_unavailable(profile)
    return {
        "name": profile.name,
        "constants": [_constant(constant) for constant in profile.constants],
        "software": profile.software,
        "version": profile.version,
        "line": profile.line,
        "family": profile.family,
        "licence": profile.licence,
        "sceneEndings": list(profile.scene_endings),
        "sceneConstant": profile.scene_constant,
        "areInstancesFrames": profile.are_instances_frames,
        "makesPictures": profile.makes_pictures,
        "isAvailable": not reason,
        "unavailableReason": reason,
    }


def _constant(constant: Constant) -> dict[str, Any]:
    return {
        "name": constant.name,
        "value": constant.default,
        "description": constant.description,
        "label": constant.label,
        "kind": str(constant.kind),
        "choices": [{"value": value, "label": label} for value, label in constant.choices],
        "least": constant.least,
        "most": constant.most,
        "unit": constant.unit,
        "fact": constant.fact,
        "choicesFact": constant.choices_fact,
        "isMain": constant.is_main,
        "isOutputFormat": constant.is_output_format,
        "note": constant.note,
    }
