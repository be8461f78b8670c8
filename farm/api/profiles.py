"""The renderers on offer, over the API."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import ApiToken
from farm.engines import profiles
from farm.submission import Refused


def names(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse(list(profiles.all_profiles()), safe=False)


def details(request: HttpRequest, token: ApiToken, name: str) -> HttpResponse:
    profile = profiles.find(name)
    if profile is None:
        raise Refused(404, f"No such profile: {name}. There is {', '.join(profiles.all_profiles())}.")
    return JsonResponse(
        {
            "name": profile.name,
            "constants": [
                {"name": constant.name, "value": constant.default, "description": constant.description}
                for constant in profile.constants
            ],
            "licenses": [],
            "licence": profile.licence,
            "version": profile.version,
        }
    )
