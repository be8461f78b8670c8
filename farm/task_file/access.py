"""What instances may use: machines, secrets, the account's own credentials."""

from typing import Any

from farm import hardware
from farm.json_fields import Fields

MOST_RIGHTS = 100
LONGEST_KEY = 255
LICENCES = ("onDemand", "own")


def hardware_constraints(fields: Fields) -> list[dict[str, Any]]:
    constraints = fields.given.get("hardwareConstraints") or []
    fault = hardware.check(constraints)
    if fault:
        fields.faults["hardwareConstraints"] = fault
        return []
    return list(constraints)


def secrets_access(fields: Fields) -> dict[str, Any]:
    """`{bySecret: [{key}], byPrefix: [{prefix}]}`; what isn't there (yet) at a start of an instance isn't given."""
    rights = fields.object("secretsAccessRights")
    return {
        "bySecret": _named(fields, rights.get("bySecret"), "key"),
        "byPrefix": _named(fields, rights.get("byPrefix"), "prefix"),
    }


def gives_credentials(fields: Fields) -> bool:
    return bool(fields.object("privileges").get("exportApiAndStorageCredentialsInEnvironment"))


def licence(fields: Fields) -> str:
    """Whose licence is taken: "onDemand" or "own"; empty where the order does not say. The SDK knows labels only."""
    asked = fields.text("licence", 20)
    if asked and asked not in LICENCES:
        fields.faults["licence"] = "The licence is “onDemand” (a seat of the farm) or “own” (the one you brought)."
    labels = fields.given.get("labels")
    labelled = labels.get("licence") if isinstance(labels, dict) else None
    return asked or (labelled if labelled in LICENCES else "")


def _named(fields: Fields, entries: Any, name: str) -> list[dict[str, str]]:
    listed = entries or []
    texts = [entry.get(name) if isinstance(entry, dict) else None for entry in listed] if _is_list(listed) else [None]
    if any(not isinstance(text, str) or not 0 < len(text) <= LONGEST_KEY for text in texts):
        fields.faults["secretsAccessRights"] = (
            "secretsAccessRights is {“bySecret”: [{“key”: text}], “byPrefix”: [{“prefix”: text}]}, "
            f"{MOST_RIGHTS} of each at most."
        )
        return []
    return [{name: str(text)} for text in texts]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_RIGHTS
