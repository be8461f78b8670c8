"""The farm's licences over the API, which is ours: Qarnot tells of them with each profile only."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import Account, ApiToken
from farm import licences, seats
from farm.api.wire import instant
from farm.models import Licence


def every(request: HttpRequest, token: ApiToken) -> HttpResponse:
    told = [licence_json(licence, token.account) for licence in Licence.objects.all()]
    return JsonResponse({"licences": told}, headers={"Cache-Control": "no-store"})


def of_profile(name: str, account: Account) -> list[dict[str, Any]]:
    """As GET /profiles/{name} has them."""
    licence = licences.needed(name)
    return [] if licence is None else [licence_json(licence, account)]


def licence_json(licence: Licence, account: Account) -> dict[str, Any]:
    """`name`, `maxInstances` and `maxCores` are Qarnot's. Nothing tells what was brought."""
    own = licences.brought(account, licence)
    kinds = {"server": licence.takes_server, "key": licence.takes_key}
    since = {"server": own.server_since, "key": own.key_since}
    return {
        "name": licence.name,
        "maxInstances": licence.seats,
        "maxCores": None,
        "title": licence.title,
        "extraRate": licence.extra_rate,
        "seats": licence.seats,
        "seatsFree": seats.free(licence),
        "isOwnBrought": bool(own),
        "own": [
            {
                "kind": kind,
                "secret": licences.secret_key(licence, kind),
                "keptSince": instant(since[kind]) if since[kind] else None,
            }
            for kind, is_taken in kinds.items()
            if is_taken and licence.allows_own
        ],
    }
