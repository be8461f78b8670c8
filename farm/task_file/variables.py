"""Names and texts that are the person's own: constants and labels."""

import re

from farm.json_fields import Fields
from farm.json_keys import as_text

LONGEST_VALUE = 65_536
"""Characters of a constant's value."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def constants(fields: Fields) -> dict[str, str]:
    constants: dict[str, str] = {}
    for entry in fields.listed("constants", most=150):
        name = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            fields.faults["constants"] = "A constant has a key of letters, digits, “_”, “.” and “-”, and a value."
            continue
        constants[name] = as_text(entry.get("value"))
        if len(constants[name]) > LONGEST_VALUE:
            fields.faults["constants"] = f"The value of {name} has more than {LONGEST_VALUE:,} characters."
    return constants


def labels(fields: Fields) -> dict[str, str]:
    labels = fields.given.get("labels") or {}
    if not isinstance(labels, dict) or len(labels) > 100:
        fields.faults["labels"] = "Labels are an object of at most 100 names, each with a text."
        return {}
    return {key: as_text(value) for key, value in labels.items()}
